"""Write-offs that are decided in the portal, from the decision to balances, aging and the list to reconcile."""

from __future__ import annotations

from typing import Any

import pytest

from portal.queries.decided import BALANCES_AFTER
from tests.warehouse.dbt.conftest import Built

pytestmark = pytest.mark.xdist_group("dbt")


def _texts(rows: list[tuple[Any, ...]]) -> list[str]:
    return [" ".join(str(value) for value in row) for row in rows]


def test_balances_count_each_decision_that_the_build_contains_once(built: Built) -> None:
    """V1 posted too, V2 paid since, V3 taken back, V4 not in the build, V5 posted by another amount.

    V6 is the billing system's own, V7's posting was deleted again, V8's corrected to 45.00, which confirms 50.00 no more.
    """
    found = built.rows(
        "select invoice_id, written_off, recovered, balance from fct_invoices where hospital_id = 'W1' order by 1"
    )
    assert _texts(found) == [
        "V1 100.000 0.000 200.000",
        "V2 100.000 40.000 0.000",
        "V3 0.000 0.000 100.000",
        "V4 0.000 0.000 100.000",
        "V5 30.000 0.000 70.000",
        "V6 20.000 0.000 80.000",
        "V7 50.000 0.000 50.000",
        "V8 95.000 0.000 5.000",
    ]


def test_a_decision_counts_from_the_local_day_of_its_approval(built: Built) -> None:
    written_off = (
        "select coalesce(sum(-amount), 0) from fct_receivable_events where hospital_id = 'W1'"
        " and event_type = 'written_off' and invoice_id = 'V1' and effective_date <= %s"
    )
    assert [int(built.rows(written_off, day)[0][0]) for day in ("2026-03-08", "2026-03-09", "2026-03-31")] == [
        0,
        100,
        100,
    ]


def test_aging_of_past_days_knows_only_what_was_decided_then(built: Built) -> None:
    """First 800 less the 20 of V6. Then less 430 of decisions; V3's 100 come back on 18 March; V8's 45 are of 17 March."""
    outstanding = (
        "select sum(amount) from (select distinct on (payer_class) amount from fct_receivables_aging"
        " where hospital_id = 'W1' and bucket = 'outstanding' and as_of_date <= %s order by payer_class, as_of_date desc) s"
    )
    days = ("2026-03-08", "2026-03-09", "2026-03-17", "2026-03-18")
    assert [int(built.rows(outstanding, day)[0][0]) for day in days] == [980, 550, 505, 605]


def test_what_was_known_before_a_posting_was_corrected_does_not_change(built: Built) -> None:
    known = "select sum(amount) from fct_receivable_events where hospital_id = 'W1' and invoice_id = %s and booked_date <= %s"
    days = ("2026-03-08", "2026-03-19", "2026-03-25", "2026-03-31")
    assert [int(built.rows(known, "V8", day)[0][0]) for day in days] == [100, 50, 50, 5]
    assert [int(built.rows(known, "V7", day)[0][0]) for day in days] == [100, 50, 50, 50]


def test_both_sides_are_compared_and_the_rest_is_to_reconcile(built: Built) -> None:
    found = built.rows(
        "select write_off_id, origin, amount, category, status, recovered, posting_id, posted_amount, reconciliation"
        " from fct_write_offs where hospital_id = 'W1' order by invoice_id, write_off_id"
    )
    assert _texts(found) == [
        "DAYBOOK-WO-1 daybook 100.000 BAD_DEBT APPROVED 0.000 B1 100.000 confirmed",
        "DAYBOOK-WO-2 daybook 100.000 UNCOLLECTIBLE APPROVED 40.000 None None not posted",
        "DAYBOOK-WO-3 daybook 100.000 CHARITY_CARE REVERSED 0.000 None None not compared",
        "DAYBOOK-WO-9 daybook -100.000 CHARITY_CARE REVERSED 0.000 None None not compared",
        "DAYBOOK-WO-5 daybook 30.000 BAD_DEBT APPROVED 0.000 B5 25.000 amount differs",
        "B6 billing system 20.000 OTHER APPROVED 0.000 None 20.000 not requested",
        "DAYBOOK-WO-7 daybook 50.000 BAD_DEBT APPROVED 0.000 None None not posted",
        "B8 billing system 45.000 OTHER APPROVED 0.000 None 45.000 not requested",
        "DAYBOOK-WO-8 daybook 50.000 BAD_DEBT APPROVED 0.000 None None not posted",
    ]


def test_a_recovery_on_a_decided_write_off_is_no_credit(built: Built) -> None:
    assert built.rows("select count(*) from rpt_credits where hospital_id = 'W1'") == [(0,)]
    recovered = built.rows(
        "select effective_date::text, amount from fct_receivable_events where hospital_id = 'W1' and event_type = 'recovered'"
    )
    assert _texts(recovered) == ["2026-03-15 40.000"]


def test_each_approver_is_named_by_number(built: Built) -> None:
    approvers = built.rows(
        "select distinct requested_by ~ '^user [0-9]+$' and approved_by ~ '^user [0-9]+$' and requested_by <> approved_by"
        " from fct_write_offs where origin = 'daybook'"
    )
    assert approvers == [(True,)]


def test_what_pages_add_to_a_build_is_reckoned_as_the_build_would(built: Built) -> None:
    """Were nothing decided since, the balances of all invoices would come out as they are, recoveries included."""
    nothing = "decided as (select invoice_key, effective_date, 0.000 as amount from fct_receivable_events where false)"
    everything = "e.invoice_key in (select invoice_key from fct_receivable_events where event_type = 'written_off')"
    balances = BALANCES_AFTER.replace("e.invoice_key in (select invoice_key from decided)", everything)
    found = built.rows(
        f"with {nothing}, {balances.replace(':as_of', 'null')} select count(*), count(*) filter (where i.recovered > 0),"
        " count(*) filter (where i.balance <> b.balance) from decided_balances as b join fct_invoices as i using (invoice_key)"
    )
    count, recovered, different = found[0]
    assert (count > 20, recovered > 5, different) == (True, True, 0)
