{{ config(materialized='view') }}

-- Tax of each invoice that counts, with the amount it is on and its rate: tax / (subtotal - discount), or tax / subtotal where
-- that is what meets the hospital's list; a hospital without a list has the derived rate. Compared by multiplying, which is
-- exact. What meets no listed rate is "other": rate null. Without a subtotal the amount is the total less the tax.
with invoices as (
    select
        invoice_key, hospital_id, currency, invoice_date, total, is_receivable,
        coalesce(tax, 0) as tax,
        coalesce(subtotal, total - coalesce(tax, 0) + coalesce(discount, 0)) as before_discount,
        coalesce(subtotal - coalesce(discount, 0), total - coalesce(tax, 0)) as after_discount
    from {{ ref('int_invoices') }}
),

rates as (
    select * from {{ ref('int_tax_rates') }}
),

lists as (
    select distinct hospital_id from rates
),

matched as (
    select
        invoices.*,
        lists.hospital_id is not null as has_list,
        on_net.tax_rate as rate_on_net,
        on_gross.tax_rate as rate_on_gross
    from invoices
    left join lists on invoices.hospital_id = lists.hospital_id
    left join rates as on_net
        on
            invoices.hospital_id = on_net.hospital_id
            and on_net.tax_rate > 0
            and invoices.tax > 0
            and invoices.after_discount > 0
            and invoices.tax * 100 >= on_net.from_rate * invoices.after_discount
            and invoices.tax * 100 <= on_net.to_rate * invoices.after_discount
            and (on_net.is_to_rate_included or invoices.tax * 100 < on_net.to_rate * invoices.after_discount)
    left join rates as on_gross
        on
            invoices.hospital_id = on_gross.hospital_id
            and on_gross.tax_rate > 0
            and invoices.tax > 0
            and invoices.before_discount > 0
            and invoices.tax * 100 >= on_gross.from_rate * invoices.before_discount
            and invoices.tax * 100 <= on_gross.to_rate * invoices.before_discount
            and (on_gross.is_to_rate_included or invoices.tax * 100 < on_gross.to_rate * invoices.before_discount)
),

final as (
    select
        invoice_key,
        hospital_id,
        currency,
        invoice_date,
        total,
        is_receivable,
        cast(tax as numeric(18, 3)) as tax,
        case
            when tax = 0 then 'untaxed'
            when rate_on_net is not null or rate_on_gross is not null then 'listed'
            when has_list or after_discount <= 0 then 'other'
            else 'derived'
        end as rate_kind,
        cast(case
            when tax = 0 then 0
            when rate_on_net is not null or rate_on_gross is not null then coalesce(rate_on_net, rate_on_gross)
            when has_list or after_discount <= 0 then null
            else round(tax * 100 / after_discount, 2)
        end as numeric(18, 3)) as tax_rate,
        cast(case
            when rate_on_net is null and rate_on_gross is not null then before_discount else after_discount
        end as numeric(18, 3)) as taxable_amount
    from matched
)

select * from final
