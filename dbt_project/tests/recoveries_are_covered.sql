-- No invoice has recovered more than was written off on it, or more than was received.
select invoice_key, recovered, written_off, collected, refunded
from {{ ref('fct_invoices') }}
where recovered < 0 or recovered > written_off and recovered > 0 or recovered > collected - refunded and recovered > 0
