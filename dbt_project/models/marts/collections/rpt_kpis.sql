-- The key figures of each month, one row for each: value = numerator × multiplier / denominator. A share of nothing is 0;
-- days and costs that nothing stands against have no value.
{{ config(indexes=[
    {'columns': ['kpi_key'], 'unique': True},
    {'columns': ['hospital_id', 'currency', 'month', 'metric'], 'unique': True},
]) }}
{%- set shares = [
    ('collection_rate', 'applied', 'billed'),
    ('net_collection_rate', 'applied', 'net_billed'),
    ('aged_ar_over_90', 'over_90', 'receivables'),
    ('initial_denial_rate', 'denied_count', 'adjudicated_count'),
    ('initial_denial_rate_amount', 'denied_amount', 'adjudicated_amount'),
    ('clean_claim_rate', 'clean_count', 'clean_known_count'),
] %}
{%- set others = [
    ('days_in_ar', 'receivables', 'window_net_billed', 'window_days'),
    ('days_in_ar_net_of_credits', 'receivables - credits', 'window_net_billed', 'window_days'),
    ('cost_to_collect', 'costs', 'collected', '100'),
    ('average_days_to_pay', 'payment_days', 'payment_count', '1'),
    ('average_days_to_pay_by_amount', 'paid_amount_days', 'paid_amount', '1'),
] %}

with inputs as (
    select * from {{ ref('int_kpi_inputs') }}
),

figures as (
    {%- for metric, numerator, denominator in shares %}
        select
            hospital_id, currency, month, as_of_date, is_partial, '{{ metric }}' as metric,
            {{ percentage(numerator, denominator) }} as value,
            {{ numerator }} as numerator,
            {{ denominator }} as denominator,
            100 as multiplier,
            cast(null as integer) as window_days,
            false as is_short_window
        from inputs
        union all
    {%- endfor %}
    {%- for metric, numerator, denominator, multiplier in others %}
        {%- set is_windowed = multiplier == 'window_days' %}
        select
            hospital_id, currency, month, as_of_date, is_partial, '{{ metric }}' as metric,
            case
                when {{ denominator }} > 0 then round(1.000 * ({{ numerator }}) * {{ multiplier }} / {{ denominator }}, 2)
            end as value,
            {{ numerator }} as numerator,
            {{ denominator }} as denominator,
            {{ multiplier }} as multiplier,
            {{ 'window_days' if is_windowed else 'cast(null as integer)' }} as window_days,
            {{ 'is_short_window' if is_windowed else 'false' }} as is_short_window
        from inputs
        {{ 'union all' if not loop.last }}
    {%- endfor %}
),

final as (
    select
        {{ daybook_key(["'kpi'", "hospital_id", "currency", "month", "metric"]) }} as kpi_key,
        hospital_id,
        currency,
        month,
        as_of_date,
        metric,
        cast(value as numeric(18, 3)) as value,
        cast(numerator as numeric(18, 3)) as numerator,
        cast(denominator as numeric(18, 3)) as denominator,
        multiplier,
        window_days,
        is_short_window,
        is_partial
    from figures
)

select * from final
