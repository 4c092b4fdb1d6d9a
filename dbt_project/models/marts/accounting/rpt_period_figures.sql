-- What a month-end close keeps, figure by figure: the roll-forward of the month and the buckets at its end.
{{ config(indexes=[
    {'columns': ['period_figure_key'], 'unique': True},
    {'columns': ['hospital_id', 'month']},
]) }}

with roll_forward as (
    select * from {{ ref('rpt_roll_forward') }}
),

month_ends as (
    select * from {{ ref('rpt_aging_month_ends') }}
),

figures as (
    {% for figure in roll_forward_figures() %}
        select hospital_id, currency, month, is_partial, '{{ figure }}' as figure, {{ figure }} as amount
        from roll_forward
        union all
    {% endfor %}
    select
        hospital_id, currency, month, is_partial,
        'aging_' || replace(replace(bucket, '-', '_'), '+', '_plus') as figure,
        amount
    from month_ends
    where bucket <> 'credit'
),

final as (
    select
        {{ daybook_key(["'period figure'", "hospital_id", "currency", "month", "figure"]) }} as period_figure_key,
        hospital_id,
        currency,
        month,
        is_partial,
        figure,
        amount
    from figures
)

select * from final
