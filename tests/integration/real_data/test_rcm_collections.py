"""rcm_analytics: claims, collections and key figures, against the figures that were checked with another engine.

Where the definitions differ, the test says why:

* ``denials`` states which part of a claim was denied; Daybook counts claims, and of amounts the whole claim.
* A payment after a write-off is a recovery here, and applied; there it is a credit.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal

import pytest

from pipeline.run import RunReport
from tests.conftest import fresh_database
from tests.integration.pipeline.support import query
from tests.integration.real_data.support import DATA, Facts, needs

pytestmark = needs("rcm_analytics")
_STATUSES = {
    "Paid": "paid",
    "Partially Paid": "partial",
    "Pending": "submitted",
    "Denied": "denied",
    "Appealed": "appealed",
}
_KPI = "select value, numerator, denominator from marts.rpt_kpis where metric = %s and month = %s"


@pytest.fixture(scope="module")
def report(server: str, template: str) -> Iterator[RunReport]:
    from datetime import UTC, date, datetime

    from pipeline.run import RunOrder, execute
    from pipeline.settings import SourceConfig

    for _ in fresh_database(server, template):
        source = SourceConfig("rcm", str(DATA / "rcm_analytics"), "rcm_analytics")
        yield execute(RunOrder([source], datetime.now(UTC), date(2026, 9, 8)))


@pytest.fixture(scope="module")
def facts(report: RunReport) -> Facts:
    assert report.outcome == "published"
    return Facts("rcm_analytics")


def _file(name: str) -> list[dict[str, str]]:
    with (DATA / "rcm_analytics" / name).open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def _sums(name: str, amount: str) -> dict[str, Decimal]:
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for row in _file(name):
        sums[row["claim_id"]] += Decimal(row[amount])
    return sums


def _percent(part: Decimal, whole: Decimal) -> Decimal:
    return (100 * part / whole).quantize(Decimal("0.01"), ROUND_HALF_UP)


def test_claims_by_status(facts: Facts) -> None:
    expected = sorted((_STATUSES[status], count, billed) for status, count, billed in facts.rows("claims_by_status"))
    assert query("select status, count(*), sum(billed_amount) from marts.fct_claims group by 1 order by 1") == expected
    monthly = "select status, sum(claim_count), sum(billed_amount) from marts.rpt_claims_monthly group by 1 order by 1"
    assert query(monthly) == expected


def test_denials_by_reason_and_the_initial_denial_rate(facts: Facts) -> None:
    reasons = [(code, count) for code, count, *_ in facts.rows("denials_by_reason")]
    by_code = "select denial_code, sum(denied_count) from marts.rpt_claims_monthly where denied_count > 0 group by 1 order by 1"
    assert query(by_code) == reasons
    statuses = {status: count for status, count, _ in facts.rows("claims_by_status")}
    decided = sum(statuses.values()) - statuses["Pending"]
    totals = "select sum(numerator), sum(denominator) from marts.rpt_kpis where metric = 'initial_denial_rate'"
    assert query(totals) == [(sum(count for _, count in reasons), decided)]


def test_clean_claims(facts: Facts) -> None:
    clean = sum(row["is_clean_claim"] == "True" for row in _file("claims.csv"))
    count = dict(facts.rows("row_counts"))["claims"]
    assert query("select sum(clean_count), sum(clean_known_count) from marts.rpt_claims_monthly") == [(clean, count)]


def test_billed_by_payer_in_collections(facts: Facts) -> None:
    found = query(
        "select p.name, sum(c.invoice_count), sum(c.billed) from marts.rpt_collections_daily c"
        " join marts.dim_payers p using (payer_key) group by 1 order by 1"
    )
    assert found == [row[:3] for row in facts.rows("by_payer")]


def test_applied_is_what_was_paid_and_owed(facts: Facts) -> None:
    paid, adjusted = _sums("payments.csv", "payment_amount"), _sums("adjustments.csv", "adjustment_amount")
    found = query("select invoice_id, applied_amount, recovered, collected from marts.fct_invoices")
    for row in _file("claims.csv"):
        paid[row["claim_id"]] += 0
    billed = {row["claim_id"]: Decimal(row["total_charge_amount"]) for row in _file("claims.csv")}
    for invoice, applied, recovered, _ in found:
        owed = billed[invoice] - adjusted[invoice] + recovered
        assert applied == max(Decimal(0), min(paid[invoice], owed)), invoice
    totals = facts.one("totals")
    assert sum(collected for *_, collected in found) == totals["paid"]
    applied_everywhere = [
        "select sum(applied) from marts.rpt_collections_daily",
        "select sum(applied) from marts.fct_collection_lag",
        "select sum(numerator) from marts.rpt_kpis where metric = 'collection_rate'",
    ]
    assert [query(statement) for statement in applied_everywhere] == [[(sum(applied for _, applied, *_ in found),)]] * 3


def test_receivables_behind_days_in_ar(facts: Facts) -> None:
    june = facts.one("outstanding_2025-06-30")
    value, receivables, billed = query(_KPI, "days_in_ar", "2025-06-01")[0]
    assert receivables == june["open_balance"]
    assert value == (receivables * 90 / billed).quantize(Decimal("0.01"), ROUND_HALF_UP)
    over_90 = facts.rows("aging_2025-06-30")[-1][2]
    expected = (_percent(over_90, june["open_balance"]), over_90, june["open_balance"])
    assert query(_KPI, "aged_ar_over_90", "2025-06-01") == [expected]


def test_nothing_billed_for_90_days_is_no_number_of_days(facts: Facts) -> None:
    value, receivables, billed = query(_KPI, "days_in_ar", "2026-09-01")[0]
    assert (value, receivables) == (None, facts.one("outstanding_2026-09-08")["open_balance"])
    assert billed <= 0


def test_cost_to_collect(facts: Facts) -> None:
    paid = {month: amount for month, _, amount in facts.rows("paid_by_month")}
    costs = {row["period"]: Decimal(row["total_rcm_cost"]) for row in _file("operating_costs.csv")}
    found = query(
        "select to_char(month, 'YYYY-MM'), value from marts.rpt_kpis where metric = 'cost_to_collect' order by 1"
    )
    assert {month for month, _ in found} >= set(paid) | set(costs)
    for month, value in found:
        known = month in costs and month in paid
        assert value == (_percent(costs[month], paid[month]) if known else None), month
