{# Hooks of marts and seeds: what only PostgreSQL has. On another engine each does nothing. #}

{#
    Grants on a mart, and one row policy for each reading role on every mart that belongs to a hospital. The portal's setting is
    read in a scalar subquery: once for a query, not once for a row that is read.
#}
{% macro protect() -%}
    {{ return(adapter.dispatch('protect', 'daybook')()) }}
{%- endmacro %}

{% macro default__protect() -%}
{%- endmacro %}

{% macro postgres__protect() -%}
    grant select on {{ this }} to daybook_portal, daybook_analyst;
    {% if 'hospital_id' in model.columns -%}
    alter table {{ this }} enable row level security;
    create policy hospital_of_portal on {{ this }} for select to daybook_portal
    using (
        hospital_id = any(cast((select string_to_array(current_setting('daybook.hospitals', true), ',')) as text []))
    );
    create policy hospital_of_analyst on {{ this }} for select to daybook_analyst
    using (
        hospital_id in (
            select analyst_hospitals.hospital_id
            from ops.analyst_hospitals as analyst_hospitals
            where analyst_hospitals.login = session_user
        )
    );
    {%- endif %}
{%- endmacro %}

{#
    Ids are compared byte by byte, as in the tables of the portal: with those an index of another collation cannot be used. dbt asks
    for this macro by its name when it makes a table with a contract.
#}
{% macro postgres__get_table_columns_and_constraints() -%}
    {{ return(modules.re.sub('(\\w+_id) text\\b', '\\1 text collate "C"', table_columns_and_constraints())) }}
{%- endmacro %}

{# Fresh statistics: what is built next, and the first page after publishing, plan with them. #}
{% macro refresh_statistics() -%}
    {{ return(adapter.dispatch('refresh_statistics', 'daybook')()) }}
{%- endmacro %}

{% macro default__refresh_statistics() -%}
{%- endmacro %}

{% macro postgres__refresh_statistics() -%}
    {% if model.config.materialized == 'table' %}analyze {{ this }};{% endif %}
{%- endmacro %}

{#
    An index with exactly this name (dbt's own are hashes). While a table is replaced, its former self still holds the
    name in the schema and is about to go: the name is taken from it first.
#}
{% macro named_index(name, columns) -%}
    {{ return(adapter.dispatch('named_index', 'daybook')(name, columns)) }}
{%- endmacro %}

{% macro default__named_index(name, columns) -%}
{%- endmacro %}

{% macro postgres__named_index(name, columns) -%}
    drop index if exists {{ this.schema }}.{{ name }};
    create index {{ name }} on {{ this }} ({{ columns | join(', ') }});
{%- endmacro %}

{# Marts and reading roles for which the grant or, on a mart of a hospital, the policy is missing. None on other engines. #}
{% macro unprotected_marts() -%}
    {{ return(adapter.dispatch('unprotected_marts', 'daybook')()) }}
{%- endmacro %}

{% macro default__unprotected_marts() -%}
    (select 1 as nothing where 1 = 0)
{%- endmacro %}

{% macro postgres__unprotected_marts() -%}
(
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
            and readers.rolname = any(policies.roles)
            and policies.cmd = 'SELECT'
    where
        not has_table_privilege(readers.rolname, marts.oid, 'select')
        or (marts.is_of_hospital and (not marts.relrowsecurity or policies.policyname is null))
)
{%- endmacro %}
