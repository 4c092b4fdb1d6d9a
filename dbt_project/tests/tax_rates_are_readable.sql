-- A hospital's list of tax rates holds numbers and separators only; anything else in it is left out, and told here.
{{ config(severity='warn') }}

select hospital_id, tax_rates
from {{ ref('dim_hospitals') }}
where translate(tax_rates, '0123456789.,;|/% ', '') <> ''
