"""Closed months of the worlds: what was issued stays, what came after is listed, and together they are today's figures."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.warehouse import closes
from tests.warehouse.dbt import ledgers
from tests.warehouse.dbt.conftest import Built

pytestmark = pytest.mark.xdist_group("dbt")
_SIGNS = {"opening": 1, "billed": 1, "collected": -1, "refunded": 1, "adjusted": -1, "written_off": -1, "recovered": 1}


def test_january_stays_as_issued_and_shows_what_it_is_today(built: Built) -> None:
    found = built.rows(
        "select figure, issued_amount, current_amount, difference from fct_closed_periods"
        " where hospital_id = 'H1' and difference <> 0 order by figure collate \"C\""
    )
    assert [" ".join(map(str, row)) for row in found] == [
        "aging_not_due 508.000 450.000 -58.000",
        "billed 878.000 810.000 -68.000",
        "closing 703.000 635.000 -68.000",
        "credits_closing 245.000 255.000 10.000",
        "receivables_closing 948.000 890.000 -58.000",
    ]


def test_every_change_of_january_is_listed_with_its_invoice(built: Built) -> None:
    found = built.rows(
        "select kind, figure, invoice_id, amount, effective_date, booked_at::date, is_reversal"
        " from rpt_changes_after_close where hospital_id = 'H1' order by invoice_id, amount"
    )
    assert [" ".join(map(str, row)) for row in found] == [
        "event billed I06 -100.000 2026-01-10 2026-03-05 True",
        "event billed I06 120.000 2026-01-10 2026-03-05 False",
        "event billed I07 -100.000 2026-01-15 2026-03-05 True",
        "event billed I14 -33.000 2026-01-20 2026-03-31 True",
        "event billed I17 90.000 2026-01-25 2026-03-31 False",
        "event billed I18 -45.000 2026-01-10 2026-03-05 True",
    ]


@pytest.mark.parametrize("close", closes.CLOSES, ids=lambda close: f"{close.hospital}-{close.month}")
def test_the_ledger_still_knows_what_was_issued(built: Built, close: closes.Close) -> None:
    """Figures reckoned from the source of that time = the ledger without what came later, though it was corrected since."""
    later = dict(
        built.rows(
            "select figure, sum(amount) from rpt_changes_after_close"
            " where hospital_id = %s and month = %s and kind = 'event' group by figure",
            close.hospital,
            close.month,
        )
    )
    today = dict(
        built.rows(
            "select figure, current_amount from fct_closed_periods where hospital_id = %s and month = %s",
            close.hospital,
            close.month,
        )
    )
    known_then = {name: today[name] - sign * later.get(name, Decimal(0)) for name, sign in _SIGNS.items()}
    assert known_then == {name: close.figures[name] for name in _SIGNS}


def test_random_ledgers_were_changed_in_every_way_after_their_close(built: Built) -> None:
    found = built.rows(
        "select distinct figure from rpt_changes_after_close where hospital_id = %s and kind = 'event'",
        ledgers.HOSPITAL,
    )
    assert {figure for (figure,) in found} == set(_SIGNS)
    twice = built.rows(
        "select count(*) from (select event_key from rpt_changes_after_close where hospital_id = %s and kind = 'event'"
        " group by event_key having count(*) > 1) as shared",
        ledgers.HOSPITAL,
    )
    assert twice[0][0] > 20
