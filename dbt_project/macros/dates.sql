{# What databases spell differently about days and instants; models call these and stay portable. #}

{# The open end of a range of dates: later than any date that counts. #}
{% macro end_of_time() -%}
    cast('9999-12-31' as date)
{%- endmacro %}

{# The open beginning: earlier than any date that lands. #}
{% macro start_of_time() -%}
    cast('1900-01-01' as date)
{%- endmacro %}

{% macro add_days(date_column, days) -%}
    {{ return(adapter.dispatch('add_days', 'daybook')(date_column, days)) }}
{%- endmacro %}

{% macro default__add_days(date_column, days) -%}
    cast({{ dbt.dateadd('day', days, date_column) }} as date)
{%- endmacro %}

{% macro postgres__add_days(date_column, days) -%}
    ({{ date_column }} + cast({{ days }} as integer))
{%- endmacro %}

{# Whole days from one date to another; negative when the second is earlier. #}
{% macro days_between(first_date, second_date) -%}
    {{ dbt.datediff(first_date, second_date, 'day') }}
{%- endmacro %}

{# The local date of an instant. #}
{% macro local_date(instant, timezone) -%}
    {{ return(adapter.dispatch('local_date', 'daybook')(instant, timezone)) }}
{%- endmacro %}

{% macro default__local_date(instant, timezone) -%}
    cast(from_utc_timestamp({{ instant }}, {{ timezone }}) as date)
{%- endmacro %}

{% macro postgres__local_date(instant, timezone) -%}
    cast({{ instant }} at time zone {{ timezone }} as date)
{%- endmacro %}

{# The instant at which a day begins in a time zone. #}
{% macro start_of_local_day(date_column, timezone) -%}
    {{ return(adapter.dispatch('start_of_local_day', 'daybook')(date_column, timezone)) }}
{%- endmacro %}

{% macro default__start_of_local_day(date_column, timezone) -%}
    to_utc_timestamp(cast({{ date_column }} as timestamp), {{ timezone }})
{%- endmacro %}

{% macro postgres__start_of_local_day(date_column, timezone) -%}
    (cast({{ date_column }} as timestamp) at time zone {{ timezone }})
{%- endmacro %}

{# Monday is 1. #}
{% macro iso_day_of_week(date_column) -%}
    {{ return(adapter.dispatch('iso_day_of_week', 'daybook')(date_column)) }}
{%- endmacro %}

{% macro default__iso_day_of_week(date_column) -%}
    (weekday({{ date_column }}) + 1)
{%- endmacro %}

{% macro postgres__iso_day_of_week(date_column) -%}
    cast(extract(isodow from {{ date_column }}) as integer)
{%- endmacro %}

{# When an entry was known: what the first load brings is dated by the source, all later entries by their run. #}
{% macro booked_at(is_first_load, stated_at, effective_date, known_from, timezone) -%}
    case
        when {{ is_first_load }}
            then coalesce({{ stated_at }}, {{ start_of_local_day(effective_date, timezone) }})
        else {{ known_from }}
    end
{%- endmacro %}

{# "No instant", typed. #}
{% macro null_instant() -%}
    cast(null as {{ adapter.dispatch('instant_type', 'daybook')() }})
{%- endmacro %}

{% macro default__instant_type() -%}
    timestamp
{%- endmacro %}

{% macro postgres__instant_type() -%}
    timestamptz
{%- endmacro %}

{# The same day some months later (or, with a negative number, earlier), at most the last day of that month. #}
{% macro add_months(date_column, months) -%}
    {{ return(adapter.dispatch('add_months', 'daybook')(date_column, months)) }}
{%- endmacro %}

{% macro default__add_months(date_column, months) -%}
    add_months({{ date_column }}, {{ months }})
{%- endmacro %}

{% macro postgres__add_months(date_column, months) -%}
    cast({{ date_column }} + {{ months }} * interval '1 month' as date)
{%- endmacro %}

{# January is 1. #}
{% macro month_number(date_column) -%}
    {{ return(adapter.dispatch('month_number', 'daybook')(date_column)) }}
{%- endmacro %}

{% macro default__month_number(date_column) -%}
    month({{ date_column }})
{%- endmacro %}

{% macro postgres__month_number(date_column) -%}
    cast(extract(month from {{ date_column }}) as integer)
{%- endmacro %}
