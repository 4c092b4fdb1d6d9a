{# Amounts rounded half up to the decimals that their currency has (ISO 4217): yen 0, dollars 2, Kuwaiti dinars 3. #}
{% macro round_to_currency(amount, currency) -%}
    case
        when {{ currency }} in (
            'BIF', 'CLP', 'DJF', 'GNF', 'ISK', 'JPY', 'KMF', 'KRW', 'PYG', 'RWF', 'UGX', 'VND', 'VUV', 'XAF', 'XOF', 'XPF'
        ) then round({{ amount }}, 0)
        when {{ currency }} in ('BHD', 'IQD', 'JOD', 'KWD', 'LYD', 'OMR', 'TND') then round({{ amount }}, 3)
        else round({{ amount }}, 2)
    end
{%- endmacro %}
