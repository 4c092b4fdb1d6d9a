"""Rows of the credits that are open on the business date."""

from __future__ import annotations

from portal.queries.figures.kinds import Condition, Sql, equals

MODELS = ("rpt_credits",)
_CREDITS = """
    select hospital_id, since_date as day, kind as what, invoice_id, patient_id, payment_id, age_days || ' days old' as detail,
           {measure} as amount
    from rpt_credits where currency = :currency and since_date between :start and :end"""
KNOWN: dict[str, Condition] = {"kind": equals("kind", "kind"), "bucket": equals("bucket", "bucket")}


def credit_items(everything: bool = False, measure: str = "amount") -> Sql:
    """Return the open credits, those that arose on some days or all of them."""
    statement = _CREDITS.format(measure=measure)
    if everything:
        statement = statement.replace(" and since_date between :start and :end", "")
    return lambda asked, _: statement + asked.only(KNOWN)
