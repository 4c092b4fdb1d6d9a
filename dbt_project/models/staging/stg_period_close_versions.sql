select
    close_id,
    source_table,
    last_version_id
from {{ source('ops', 'period_close_versions') }}
