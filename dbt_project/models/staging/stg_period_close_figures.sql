select
    close_id,
    currency,
    figure,
    amount
from {{ source('ops', 'period_close_figures') }}
