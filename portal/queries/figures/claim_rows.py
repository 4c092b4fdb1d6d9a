"""Rows of the key figures of claims, and of the costs: first submissions by what became of them."""

from __future__ import annotations

from portal.queries.figures.kinds import Sql

MODELS = ("rpt_kpis", "fct_claims")
COST_MODELS = ("rpt_kpis",)
# No patient: what a claim was denied for stays apart from whose it is.
_CLAIMS = """
    select c.hospital_id, c.claim_date as day, coalesce(c.status, 'unknown') as what, null as invoice_id, null as patient_id,
           null as payment_id, concat_ws(', ', 'claim ' || c.claim_id, case when c.is_clean then 'clean' end) as detail,
           {measure} as amount
    from fct_claims as c
    join dim_hospitals as h on h.hospital_id = c.hospital_id
    where c.currency = :currency and c.claim_date between :start and :end and c.claim_date <= h.business_date
      and not c.is_resubmission and {which} and {measure} <> 0"""
# A source tells costs by month: there is nothing below.
_COSTS = """
    select hospital_id, month as day, 'costs of collecting' as what, null as invoice_id, null as patient_id, null as payment_id,
           'month of ' || to_char(month, 'YYYY-MM') as detail, numerator as amount
    from rpt_kpis
    where currency = :currency and month between :start and :end and metric = 'cost_to_collect' and numerator <> 0"""


def claims(which: str, measure: str = "1") -> Sql:
    """Return the first submissions of which ``which`` is true, each with its ``measure``."""
    statement = _CLAIMS.format(which=which, measure=measure)
    return lambda _, __: statement


def costs() -> Sql:
    """Return the costs of collecting, by month."""
    return lambda _, __: _COSTS
