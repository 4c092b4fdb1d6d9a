{# The status decides whether an invoice is a receivable at all, never how much is open. #}

{% macro is_receivable(status) -%}
    {{ status }} in ('issued', 'sent', 'partial', 'paid', 'overdue', 'in_collection', 'disputed', 'written_off')
{%- endmacro %}

{# Billed once, taken back on a later day: both days are known. #}
{% macro is_cancelled_on_a_date(status, cancelled_date) -%}
    ({{ status }} in ('cancelled', 'refunded') and {{ cancelled_date }} is not null)
{%- endmacro %}

{# Pending and failed payments never move a balance. #}
{% macro is_collected(status) -%}
    {{ status }} in ('paid', 'refunded')
{%- endmacro %}
