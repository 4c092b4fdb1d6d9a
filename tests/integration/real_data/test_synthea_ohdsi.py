"""synthea_ohdsi: 27 patients in 51 organisations from 1968 to 2024, against checked figures.

A claim is an invoice whose total is the sum of its CHARGE transactions; TRANSFER rows move a balance between payer and patient
and are neither billed nor paid. ``encounters`` costs are list prices that nobody billed: Daybook has no such figure.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import pytest

from pipeline.run import RunReport
from tests.conftest import fresh_database
from tests.integration.pipeline.support import query
from tests.integration.real_data.support import DATA, Facts, needs

pytestmark = needs("synthea_ohdsi")


@pytest.fixture(scope="module")
def report(server: str, template: str) -> Iterator[RunReport]:
    from datetime import UTC, date, datetime

    from pipeline.run import RunOrder, execute
    from pipeline.settings import SourceConfig

    for _ in fresh_database(server, template):
        source = SourceConfig("synthea", str(DATA / "synthea_ohdsi"), "synthea_ohdsi")
        yield execute(RunOrder([source], datetime.now(UTC), date(2024, 2, 2)))


@pytest.fixture(scope="module")
def facts(report: RunReport) -> Facts:
    assert report.outcome == "published"
    return Facts("synthea_ohdsi")


def test_rows_landed(facts: Facts, report: RunReport) -> None:
    counts = dict(facts.rows("row_counts"))
    landed = {table.table_name: table.rows_landed for table in report.tables}
    assert landed["invoices"] == counts["claims"]
    assert landed["hospitals"] == counts["organizations"]
    assert landed["providers"] == counts["providers"]
    assert landed["payers"] == counts["payers"]
    assert landed["appointments"] == counts["encounters"]
    assert landed["payments"] == next(n for kind, n, *_ in facts.rows("by_type") if kind == "PAYMENT")
    assert report.rejected == 0


def test_billed_paid_open_and_credit(facts: Facts) -> None:
    totals = facts.one("totals")
    found = query(
        "select sum(billed), sum(collected), sum(balance), count(*) filter (where balance > 0),"
        " count(*) filter (where balance < 0), sum(balance) filter (where balance < 0) from marts.fct_invoices"
    )
    expected = tuple(totals[name] for name in ("billed", "paid", "outstanding", "open_n", "credit_n", "credit_amt"))
    assert found == [expected]
    assert query("select count(*) from marts.outstanding_payments") == [(len(facts.rows("aging")),)]


def test_payments_by_method(facts: Facts) -> None:
    found = query("select method, count(*), sum(amount) from marts.fct_payments group by 1 order by 1")
    assert found == facts.rows("paid_by_method")


def test_billed_by_year(facts: Facts) -> None:
    found = query(
        "select extract(year from invoice_date)::int, sum(billed) from marts.fct_invoices"
        " group by 1 having sum(billed) > 0 order by 1"
    )
    assert found == [(year, amount) for year, _, amount in facts.rows("billed_by_year")]


def test_billed_years_and_months_of_the_comparisons(facts: Facts) -> None:
    by_period = (
        "select to_char(period_start, %s), sum(amount) from marts.rpt_period_comparisons"
        " where basis = 'billed' and grain = %s group by 1 having sum(amount) > 0 order by 1"
    )
    years = [(f"{year}", amount) for year, _, amount in facts.rows("billed_by_year")]
    assert query(by_period, "YYYY", "year") == years
    months = [row for row in query(by_period, "YYYY-MM", "month") if row[0].startswith("2023")]
    assert months == [(month, amount) for month, _, amount in facts.rows("billed_by_month_2023")]


def test_every_split_by_payer_is_all_that_was_billed_and_paid(facts: Facts) -> None:
    totals = facts.one("totals")
    found = query("select basis, split, sum(revenue) from marts.rpt_revenue_by_payer group by 1, 2 order by 1, 2")
    assert found == [
        ("billed", "invoice", totals["billed"]),
        ("billed", "payer", totals["billed"]),
        ("collected", "invoice", totals["paid"]),
        ("collected", "payer", totals["paid"]),
    ]
    # Insurers pay by ECHECK, and only they do.
    by_method = {method: amount for method, _, amount in facts.rows("paid_by_method")}
    by_group = (
        "select sum(revenue) from marts.rpt_revenue_by_payer where basis = %s and split = %s and payer_group = %s"
    )
    assert query(by_group, "collected", "payer", "insurance") == [(by_method["ECHECK"],)]


def test_each_hospital_is_closed_in_itself(report: RunReport) -> None:
    hospitals = query(
        "select count(distinct hospital_id), sum(billed_amount), sum(total_revenue) from marts.revenue_metrics"
    )
    assert hospitals == [(51, Decimal("1092402.73"), Decimal("1103503.95"))]


def test_claims_by_status(facts: Facts) -> None:
    names = {"BILLED": "submitted", "CLOSED": "closed"}
    found = query(
        "select status, sum(claim_count), sum(denied_count) from marts.rpt_claims_monthly group by 1 order by 1"
    )
    assert found == sorted((names[status], count, 0) for status, count in facts.rows("status"))


def test_all_that_was_billed_was_collected(facts: Facts) -> None:
    billed = facts.one("totals")["billed"]
    assert query("select sum(billed), sum(applied) from marts.rpt_collections_daily") == [(billed, billed)]
    last = "select distinct on (hospital_id, billed_month) * from marts.fct_collection_lag order by 2, 4, months_since desc"
    assert query(f"select sum(applied_to_date), min(rate), max(rate) from ({last}) cells") == [(billed, 100, 100)]
