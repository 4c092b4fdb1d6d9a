-- Every mart with a hospital_id has row level security and a policy for each reading role; every mart may be read by both.
-- It runs when all of them stand:
-- depends_on: {{ ref('dim_dates') }}
-- depends_on: {{ ref('dim_departments') }}
-- depends_on: {{ ref('dim_hospitals') }}
-- depends_on: {{ ref('dim_patients') }}
-- depends_on: {{ ref('dim_payers') }}
-- depends_on: {{ ref('dim_providers') }}
-- depends_on: {{ ref('fct_invoice_balances') }}
-- depends_on: {{ ref('fct_invoices') }}
-- depends_on: {{ ref('fct_payments') }}
-- depends_on: {{ ref('fct_receivable_events') }}
-- depends_on: {{ ref('fct_receivables_aging') }}
-- depends_on: {{ ref('outstanding_payments') }}
-- depends_on: {{ ref('patient_payment_history') }}
-- depends_on: {{ ref('revenue_metrics') }}
-- depends_on: {{ ref('rpt_patient_accounts') }}
-- depends_on: {{ ref('rpt_revenue_daily') }}
-- depends_on: {{ ref('dim_aging_buckets') }}
-- depends_on: {{ ref('metric_definitions') }}

with marts as (
    select
        tables.oid,
        tables.relname,
        tables.relrowsecurity,
        exists (
            select 1 from pg_attribute as columns where columns.attrelid = tables.oid and columns.attname = 'hospital_id'
        ) as is_of_hospital
    from pg_class as tables
    where tables.relnamespace = cast('{{ target.schema }}' as regnamespace) and tables.relkind = 'r'
),

readers as (
    select rolname from pg_roles where rolname in ('daybook_portal', 'daybook_analyst')
)

select marts.relname, readers.rolname
from marts
cross join readers
left join pg_policies as policies
    on
        policies.schemaname = '{{ target.schema }}'
        and policies.tablename = marts.relname
        and readers.rolname = any (policies.roles)
        and policies.cmd = 'SELECT'
where
    not has_table_privilege(readers.rolname, marts.oid, 'select')
    or (marts.is_of_hospital and (not marts.relrowsecurity or policies.policyname is null))
