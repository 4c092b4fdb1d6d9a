"""Rows of figures of invoices by invoice date: billed and applied to them, and their tax on the days it counts."""

from __future__ import annotations

from portal.queries.figures.kinds import Condition, Sql, dimension

MODELS = ("fct_invoices",)
TAX_MODELS = ("fct_receivable_events", "fct_invoices")
CONTRACTUAL = "least(i.contractual, i.billed)"
_INVOICES = """
    select i.hospital_id, i.invoice_date as day, i.status as what, i.invoice_id, i.patient_id, null as payment_id,
           'total ' || i.total as detail, {measure} as amount
    from fct_invoices as i
    join dim_hospitals as h on h.hospital_id = i.hospital_id
    where i.currency = :currency and i.invoice_date between :start and :end and i.invoice_date <= h.business_date
      and i.billed <> 0 and {measure} <> 0"""
# Each entry of the ledger stands for its part of the invoice, as in rpt_tax_daily: what is taken back takes its tax back.
_TAX_PART = """case when i.total = 0 then i.{of} * e.count_step when e.amount = i.total then i.{of}
                else round(i.{of} * e.amount / i.total, 3) end"""
_TAXES = """
    select * from (
        select e.hospital_id, e.effective_date as day, e.event_type as what, i.invoice_id, i.patient_id, null as payment_id,
               concat_ws(' ', i.tax_rate_kind, i.tax_rate || ' %') as detail, {measure} as amount
        from fct_receivable_events as e
        join dim_hospitals as h on h.hospital_id = e.hospital_id
        join (
            select invoice_key, invoice_id, patient_id, total, coalesce(tax, 0) as tax, taxable_amount, tax_rate, tax_rate_kind,
                   is_receivable
            from fct_invoices
        ) as i on i.invoice_key = e.invoice_key
        where e.currency = :currency and e.effective_date between :start and :end and e.effective_date <= h.business_date
          and (e.event_type = 'billed'
               or (e.event_type = 'adjusted' and e.adjustment_kind = 'credit_note' and i.is_receivable)) {only}
    ) as entries where amount <> 0"""
BY_WHOM: dict[str, Condition] = {
    "department_id": dimension("department", "i.department_key"),
    "provider_id": dimension("provider", "i.provider_key"),
    "payer_id": dimension("payer", "i.payer_key"),
}
RATE: dict[str, Condition] = {
    "rate": lambda value: "i.tax_rate is null" if value == "other" else "i.tax_rate = cast(:rate as numeric)"
}


def invoices(measure: str) -> Sql:
    """Return the invoices of some days, each with a ``measure`` (of ``i``)."""
    statement = _INVOICES.format(measure=measure)
    return lambda asked, _: statement + asked.only(BY_WHOM)


def taxes(of: str) -> Sql:
    """Return what the events of some days do to the tax or the taxable amount; ``count`` counts the invoices."""
    measure = "e.count_step" if of == "count" else _TAX_PART.format(of=of)
    return lambda asked, _: _TAXES.format(measure=measure, only=asked.only(RATE))
