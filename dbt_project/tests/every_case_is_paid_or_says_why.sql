-- A case has an amount or a reason, never both and never neither; no pay is below zero.
select case_key, hospital_id, amount, uncalculated_reason
from {{ ref('fct_case_compensation') }}
where (amount is null) = (uncalculated_reason is null) or amount < 0
