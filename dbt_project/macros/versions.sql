{#
    Which versions of a raw row a build sees: those of accepted batches, and those of the batches that landed in the
    run of the build in progress. Called by staging only. `per_hospital` is false for tables without a hospital_id.
#}
{% macro visible_batches() -%}
    select
        batches.batch_id,
        batches.source_name,
        batches.state = 'landed' as is_arriving
    from {{ source('ops', 'batches') }} as batches
    where
        batches.state = 'accepted'
        or (
            batches.state = 'landed'
            and batches.run_id in (
                select builds.run_id from {{ source('ops', 'builds') }} as builds where builds.state = 'building'
            )
        )
{%- endmacro %}

{% macro same_row(left, right, per_hospital=true) -%}
    {{ left }}.source_name = {{ right }}.source_name
    and {{ left }}.record_key = {{ right }}.record_key
    {%- if per_hospital %}
    and {{ hospital_of(left) }} = {{ hospital_of(right) }}
    {%- endif %}
{%- endmacro %}

{% macro hospital_of(relation, per_hospital=true) -%}
    {{ "coalesce(" ~ relation ~ ".hospital_id, '')" if per_hospital else "''" }}
{%- endmacro %}

{#
    The newest visible version of every row that is not deleted. An arriving version is the newest of its row, for a
    run lands a row once; an older one stands if nothing arrived for it: one anti-join with what is new, no sort.
#}
{% macro current_rows(relation, per_hospital=true) -%}
(
    with visible_batches as (
        {{ visible_batches() }}
    )

    select arriving.*
    from {{ relation }} as arriving
    inner join visible_batches on arriving.batch_id = visible_batches.batch_id
    where visible_batches.is_arriving and not arriving.is_deleted

    union all

    select standing.*
    from {{ relation }} as standing
    inner join visible_batches on standing.batch_id = visible_batches.batch_id
    where
        not visible_batches.is_arriving
        and not standing.is_deleted
        and standing.known_to is null
        and not exists (
            select 1
            from {{ relation }} as arriving
            where
                arriving.batch_id in (select batch_id from visible_batches where is_arriving)
                and {{ same_row('arriving', 'standing', per_hospital) }}
        )
)
{%- endmacro %}

{#
    Every visible version, tombstones included, with two marks: `is_first_load` (the version came with the first batch
    that brought this table from its source) and `has_history` (the row has more than one version). Rows with one
    version are nearly all, and need no comparing.
#}
{% macro visible_versions(relation, per_hospital=true) -%}
(
    with visible_batches as (
        {{ visible_batches() }}
    ),

    first_batches as (
        select visible_batches.source_name, min(visible_batches.batch_id) as batch_id
        from visible_batches
        where exists (select 1 from {{ relation }} as versions where versions.batch_id = visible_batches.batch_id)
        group by visible_batches.source_name
    ),

    -- Rows with a later version: two steps, for an OR over both would be looked up row by row.
    replaced as (
        select replaced.source_name, {{ hospital_of('replaced', per_hospital) }} as hospital_id, replaced.record_key
        from {{ relation }} as replaced
        inner join visible_batches on replaced.batch_id = visible_batches.batch_id
        where not visible_batches.is_arriving and replaced.known_to is not null

        union distinct

        select arriving.source_name, {{ hospital_of('arriving', per_hospital) }} as hospital_id, arriving.record_key
        from {{ relation }} as arriving
        inner join {{ relation }} as standing on {{ same_row('arriving', 'standing', per_hospital) }}
        where
            arriving.batch_id in (select batch_id from visible_batches where is_arriving)
            and standing.batch_id in (select batch_id from visible_batches where not is_arriving)
            and standing.known_to is null
    )

    select
        versions.*,
        versions.batch_id = first_batches.batch_id as is_first_load,
        replaced.record_key is not null as has_history
    from {{ relation }} as versions
    inner join visible_batches on versions.batch_id = visible_batches.batch_id
    inner join first_batches on versions.source_name = first_batches.source_name
    left join replaced
        on
            versions.source_name = replaced.source_name
            and versions.record_key = replaced.record_key
            {%- if per_hospital %}
            and {{ hospital_of('versions') }} = replaced.hospital_id
            {%- endif %}
)
{%- endmacro %}
