-- The procedures of a case. Lines and units are those that stand; money is net of reversals, so that it adds up to the case.
with charges as (
    select * from {{ ref('fct_charges') }}
),

procedure_units as (
    select * from {{ ref('int_procedure_units') }}
),

codes as (
    select
        case_key,
        source_name,
        cpt_code,
        case_date,
        sum(case when is_reversal or is_reversed then 0 else 1 end) as line_count,
        sum(case when is_reversal or is_reversed then 0 else units end) as units,
        sum(billed) as billed
    from charges
    group by case_key, source_name, cpt_code, case_date
),

final as (
    select
        codes.case_key,
        codes.cpt_code,
        cast(codes.line_count as bigint) as line_count,
        codes.units,
        codes.billed,
        procedure_units.base_units
    from codes
    left join procedure_units
        on
            codes.source_name = procedure_units.source_name
            and codes.cpt_code = procedure_units.cpt_code
            and codes.case_date between procedure_units.valid_from and procedure_units.valid_to
)

select * from final
