-- A payment with status refunded counts as given back on a day that the source must tell, in the payment or in refunds.
-- Such rows go to quarantine as they land; one that lost its refund later is counted here, and does not stop a build.
{{ config(severity='warn') }}

select payment_key, hospital_id, payment_id
from {{ ref('int_payments') }}
where payment_status = 'refunded' and refunded_date is null
