-- Every mart with a hospital_id has row level security and a policy for each reading role; every mart may be read by both.
-- It runs when all of them stand:
-- depends_on: {{ ref('dim_dates') }}
-- depends_on: {{ ref('dim_departments') }}
-- depends_on: {{ ref('dim_hospitals') }}
-- depends_on: {{ ref('dim_patients') }}
-- depends_on: {{ ref('dim_payers') }}
-- depends_on: {{ ref('dim_providers') }}
-- depends_on: {{ ref('fct_collection_lag') }}
-- depends_on: {{ ref('fct_invoice_balances') }}
-- depends_on: {{ ref('fct_invoices') }}
-- depends_on: {{ ref('fct_payments') }}
-- depends_on: {{ ref('fct_receivable_events') }}
-- depends_on: {{ ref('fct_receivables_aging') }}
-- depends_on: {{ ref('outstanding_payments') }}
-- depends_on: {{ ref('patient_payment_history') }}
-- depends_on: {{ ref('revenue_metrics') }}
-- depends_on: {{ ref('rpt_collections_daily') }}
-- depends_on: {{ ref('rpt_patient_accounts') }}
-- depends_on: {{ ref('rpt_revenue_daily') }}
-- depends_on: {{ ref('dim_aging_buckets') }}
-- depends_on: {{ ref('metric_definitions') }}

select *
from {{ unprotected_marts() }} as unprotected_marts
