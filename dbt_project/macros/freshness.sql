{# The instant of the newest accepted batch, of the source that is furthest behind. #}
{% macro newest_batch_of_slowest_source() -%}
    select min(newest.instant)
    from (
        select max(runs.instant) as instant
        from ops.batches as batches
        inner join ops.etl_process_status as runs on batches.run_id = runs.id
        where batches.state = 'accepted'
        group by batches.source_name
    ) as newest
{%- endmacro %}
