"""Rows of write-offs: what was given up, with what was decided since the build, and what was asked for."""

from __future__ import annotations

from portal.queries.decided import DECIDED
from portal.queries.figures.kinds import Condition, Sql, equals

MODELS = ("fct_write_offs",)
REQUEST_MODELS = ("portal.write_offs",)
# As write_off_summary counts them: on the effective day, those that were taken back since beside what took them back.
_WRITTEN_OFF = f"""
    with {DECIDED},
    counted as (
        select f.hospital_id, f.effective_date as day, f.category, f.invoice_id, f.patient_id,
               f.origin || ', ' || f.write_off_id as detail, f.amount
        from fct_write_offs as f
        join dim_hospitals as h on h.hospital_id = f.hospital_id
        left join portal.write_offs as w on f.origin = 'daybook' and f.write_off_id = 'DAYBOOK-WO-' || w.id
        where f.currency = :currency and f.effective_date <= h.business_date and f.effective_date between :start and :end
          and (f.status in ('APPROVED', 'REVERSED') or w.status = 'REVERSED')
        union all
        select w.hospital_id, d.effective_date, w.category, w.invoice_id, w.patient_id,
               'request ' || w.id || ', decided since the build', d.amount
        from decided as d
        join portal.write_offs as w on w.id = d.write_off_id
        where w.currency = :currency and d.effective_date between :start and :end
    )
    select c.hospital_id, c.day, replace(lower(c.category), '_', ' ') as what, c.invoice_id, c.patient_id,
           null as payment_id, c.detail, {{measure}} as amount
    from counted as c
    where {{measure}} <> 0"""
# A request is of the day on which it was made at its hospital.
_REQUESTS = """
    select w.hospital_id, cast(w.created_at at time zone h.timezone as date) as day, lower(w.status) as what, w.invoice_id,
           w.patient_id, null as payment_id,
           'request ' || w.id as detail, {measure} as amount
    from portal.write_offs as w
    join dim_hospitals as h on h.hospital_id = w.hospital_id
    where w.currency = :currency and w.kind = 'write_off'
      and cast(w.created_at at time zone h.timezone as date) between :start and :end and {which}"""
OF_CATEGORY: dict[str, Condition] = {"category": equals("c.category", "category")}
TIMES = "case when c.amount > 0 then 1 else 0 end"
"""Measure of how often something was given up: taking it back is none."""


def written_off(measure: str = "c.amount") -> Sql:
    """Return what was given up, less what was taken back, each with its ``measure`` (of ``c``)."""
    statement = _WRITTEN_OFF.format(measure=measure)
    return lambda asked, _: statement + asked.only(OF_CATEGORY)


def requested(which: str, measure: str = "1") -> Sql:
    """Return the requests of some days of which ``which`` is true (of ``w``)."""
    statement = _REQUESTS.format(measure=measure, which=which)
    return lambda _, __: statement
