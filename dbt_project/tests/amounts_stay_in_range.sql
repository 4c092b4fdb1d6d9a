-- The validation rules of the requested tables.
select 'revenue_metrics' as model, cast(id as {{ dbt.type_string() }}) as id
from {{ ref('revenue_metrics') }}
where total_revenue < 0 or payment_count < 0 or average_payment < 0
union all
select 'patient_payment_history' as model, cast(id as {{ dbt.type_string() }}) as id
from {{ ref('patient_payment_history') }}
where amount <= 0
union all
select 'outstanding_payments' as model, cast(id as {{ dbt.type_string() }}) as id
from {{ ref('outstanding_payments') }}
where amount_due <= 0 or days_overdue < 0
