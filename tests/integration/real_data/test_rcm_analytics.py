"""rcm_analytics: what Daybook publishes for it, against the figures that were checked with another engine.

Where the definitions differ, the test says why:

* ``billed_by_month`` counts claims by date of service; Daybook's billed basis is the invoice date (submission). The
  total agrees; the months are compared through the appointment's date.
* ``credit_balance`` nets a payment that comes after a write-off into a credit; Daybook shows it as a recovery, which
  leaves no credit. So open balances agree to the cent and credits are smaller by exactly what was recovered.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import pytest

from pipeline.run import RunReport
from tests.conftest import fresh_database
from tests.integration.pipeline.support import query
from tests.integration.real_data.support import DATA, Facts, needs

pytestmark = needs("rcm_analytics")
_LAST_DAY = "2026-09-08"
_DATES = ("2025-06-30", "2026-04-09", "2026-09-08")


@pytest.fixture(scope="module")
def report(server: str, template: str) -> Iterator[RunReport]:
    from datetime import UTC, date, datetime

    from pipeline.run import RunOrder, execute
    from pipeline.settings import SourceConfig

    for _ in fresh_database(server, template):
        source = SourceConfig("rcm", str(DATA / "rcm_analytics"), "rcm_analytics")
        yield execute(RunOrder([source], datetime.now(UTC), date.fromisoformat(_LAST_DAY)))


@pytest.fixture(scope="module")
def facts(report: RunReport) -> Facts:
    assert report.outcome == "published"
    return Facts("rcm_analytics")


def test_every_row_landed(facts: Facts, report: RunReport) -> None:
    expected = {name: count for name, count in facts.rows("row_counts") if name not in ("encounters", "denials")}
    expected["appointments"] = dict(facts.rows("row_counts"))["encounters"]
    expected["invoices"] = expected["claims"]
    landed = {table.table_name: table.rows_landed for table in report.tables}
    assert {name: landed[name] for name in expected} == expected
    assert report.rejected == 0


def test_billed_paid_adjusted_and_written_off(facts: Facts) -> None:
    totals = facts.one("totals")
    assert query("select sum(billed) from marts.fct_invoices") == [(totals["billed"],)]
    assert query("select sum(total_revenue) from marts.revenue_metrics") == [(totals["paid"],)]
    assert query("select sum(amount) from marts.fct_payments where payer_key is null") == [(totals["patient_paid"],)]
    lowered = "select -sum(amount) from marts.fct_receivable_events where event_type = any(%s)"
    assert query(lowered, ["adjusted", "written_off"]) == [(totals["adjusted"],)]
    assert query(lowered, ["written_off"]) == [(totals["written_off"],)]


def test_paid_by_month_and_method(facts: Facts) -> None:
    by_month = query(
        "select to_char(date_key, 'YYYY-MM'), sum(payment_count), sum(total_revenue) from marts.revenue_metrics"
        " where payment_count > 0 group by 1 order by 1"
    )
    assert by_month == facts.rows("paid_by_month")
    by_method = query("select method, count(*), sum(amount) from marts.fct_payments group by 1 order by 1")
    assert sorted(by_method) == sorted(facts.rows("payment_methods"))


def test_billed_by_month_of_service_department_and_payer(facts: Facts) -> None:
    by_month = query(
        "select to_char(a.appointment_at, 'YYYY-MM'), count(*), sum(i.total) from marts.fct_invoices i"
        " join raw.invoices r on r.record_key = i.invoice_id join raw.appointments a on a.record_key = r.appointment_id"
        " group by 1 order by 1"
    )
    assert by_month == facts.rows("billed_by_month")
    by_department = query(
        "select d.name, count(*), sum(i.total) from marts.fct_invoices i"
        " join marts.dim_departments d using (department_key) group by 1 order by 1"
    )
    assert by_department == facts.rows("by_department")
    by_payer = query(
        "select p.name, count(*), sum(i.billed), sum(i.collected) from marts.fct_invoices i"
        " join marts.dim_payers p using (payer_key) group by 1 order by 1"
    )
    assert by_payer == facts.rows("by_payer")


def test_revenue_by_payer_and_department_of_the_reports(facts: Facts) -> None:
    by_payer = {name: (billed, collected) for name, _, billed, collected in facts.rows("by_payer")}
    whole_invoices = query(
        "select p.name, sum(r.revenue) filter (where basis = 'billed'), sum(r.revenue) filter (where basis = 'collected')"
        " from marts.rpt_revenue_by_payer r join marts.dim_payers p using (payer_key) where split = 'invoice' group by 1"
    )
    assert {name: tuple(amounts) for name, *amounts in whole_invoices} == by_payer
    totals = facts.one("totals")
    by_who_pays = "select sum(revenue) from marts.rpt_revenue_by_payer where split = 'payer' and basis = %s"
    assert query(by_who_pays, "billed") == [(totals["billed"],)]
    assert query(f"{by_who_pays} and payer_key is null", "collected") == [(totals["patient_paid"],)]
    by_department = query(
        "select d.name, sum(r.item_count), sum(r.revenue) from marts.rpt_revenue_daily r"
        " join marts.dim_departments d using (department_key) where basis = 'billed' group by 1 order by 1"
    )
    assert by_department == facts.rows("by_department")


def test_months_of_the_comparisons_are_those_paid(facts: Facts) -> None:
    months = query(
        "select to_char(period_start, 'YYYY-MM'), amount, previous_amount from marts.rpt_period_comparisons"
        " where basis = 'collected' and grain = 'month' and not is_partial and amount > 0 order by 1"
    )
    paid = [(month, amount) for month, _, amount in facts.rows("paid_by_month") if month < _LAST_DAY[:7]]
    assert [(month, amount) for month, amount, _ in months] == paid
    assert [former for *_, former in months[1:]] == [amount for _, amount in paid[:-1]]
    years = query(
        "select sum(amount) from marts.rpt_period_comparisons where basis = 'billed' and grain = 'fiscal_year'"
    )
    assert years == [(facts.one("totals")["billed"],)]


def test_an_untaxed_source_has_all_it_billed_under_rate_zero(facts: Facts) -> None:
    found = query("select rate_kind, tax_rate, sum(taxable_amount), sum(tax) from marts.rpt_tax_daily group by 1, 2")
    assert found == [("untaxed", Decimal(0), facts.one("totals")["billed"], Decimal(0))]


@pytest.mark.parametrize("day", _DATES)
def test_outstanding_and_aging_as_of_a_day(facts: Facts, day: str) -> None:
    checked = facts.one(f"outstanding_{day}")
    events = "from marts.fct_receivable_events where effective_date <= %s and event_type = any(%s)"
    assert query(f"select sum(amount) {events}", day, ["billed"]) == [(checked["billed"],)]
    assert query(f"select -sum(amount) {events}", day, ["collected"]) == [(checked["paid"],)]
    assert query(f"select -sum(amount) {events}", day, ["adjusted", "written_off"]) == [(checked["adj"],)]
    (recovered,) = query(f"select coalesce(sum(amount), 0) {events}", day, ["recovered"])[0]
    balances = "from marts.fct_invoice_balances where valid_from <= %s and valid_to > %s"
    assert query(f"select sum(balance), count(*) {balances} and balance > 0", day, day) == [
        (checked["open_balance"], checked["open_n"])
    ]
    (credit,) = query(f"select coalesce(sum(balance), 0) {balances} and balance < 0", day, day)[0]
    assert credit == checked["credit_balance"] + recovered
    assert query(f"select sum(balance) {balances}", day, day) == [(checked["net_outstanding"] + recovered,)]
    aging = query(
        "select b.sort_order, sum(a.invoice_count), sum(a.amount) from (select distinct on (payer_class, bucket) *"
        " from marts.fct_receivables_aging where as_of_date <= %s and bucket <> 'credit'"
        " order by payer_class, bucket, as_of_date desc) a join marts.dim_aging_buckets b using (bucket)"
        " where a.amount <> 0 group by 1 order by 1",
        day,
    )
    expected = facts.rows(f"aging_{day}")
    assert [row[1:] for row in aging] == [row[1:] for row in expected]


def test_days_from_submission_to_the_first_payment(facts: Facts) -> None:
    found = query(
        "select count(*), round(avg(first_payment_date - invoice_date), 4), max(first_payment_date - invoice_date)"
        " from marts.fct_invoices where first_payment_date is not null"
    )
    checked = facts.one("days_to_pay")
    assert found == [(checked["n"], Decimal(str(checked["avg_days"])), checked["max_days"])]


def test_charge_lines_landed_to_the_cent(facts: Facts) -> None:
    by_month = query(
        "select to_char(posted_date, 'YYYY-MM'), count(*), sum(billed_amount), sum(units)::int"
        " from raw.charges group by 1 order by 1"
    )
    assert by_month == facts.rows("charges_by_month")


def test_charges_by_provider_and_the_highest_months_to_the_cent(facts: Facts) -> None:
    by_provider = query(
        "select p.provider_id, count(*), sum(units)::int, sum(billed) from marts.fct_charges"
        " join marts.dim_providers p using (provider_key) group by 1 order by 1"
    )
    assert by_provider == facts.rows("by_provider")
    months = query(
        "select p.provider_id, to_char(case_date, 'YYYY-MM'), sum(billed) from marts.rpt_workload"
        " join marts.dim_providers p using (provider_key) group by 1, 2 order by 3 desc, 1, 2 limit 10"
    )
    assert months == facts.rows("provider_month_top")


def test_cases_are_visits_and_nothing_of_their_charges_is_lost(facts: Facts) -> None:
    charges = facts.one("totals")["charges"]
    assert query("select sum(billed) from marts.rpt_workload") == [(charges,)]
    assert query("select sum(billed) from marts.rpt_case_mix") == [(charges,)]
    visits = query("select count(distinct (ticket_number, provider_id, case_date)) from raw.charges")
    assert query("select sum(case_count), sum(reversed_case_count) from marts.rpt_workload") == [(visits[0][0], 0)]
    reasons = "select distinct uncalculated_reason, amount from marts.fct_case_compensation"
    assert query(reasons) == [("no_plan", None)]
