"""The hand-checked world: its key figures, and those of the random ledgers against a reckoning in Python."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

import pytest

from tests.warehouse.dbt import ledgers, reckoning
from tests.warehouse.dbt.conftest import Built

pytestmark = pytest.mark.xdist_group("dbt")

JANUARY, FEBRUARY, MARCH = date(2026, 1, 1), date(2026, 2, 1), date(2026, 3, 1)
KPIS = {
    # month, metric: value, numerator, denominator
    (JANUARY, "collection_rate"): ("42.25", "300", "710"),
    (FEBRUARY, "collection_rate"): ("65.07", "224.50", "345"),
    (JANUARY, "days_in_ar"): ("44.50", "890", "1240"),
    (MARCH, "days_in_ar"): ("92.12", "1110.50", "1085"),
    (MARCH, "days_in_ar_net_of_credits"): ("70.96", "855.50", "1085"),
    (MARCH, "aged_ar_over_90"): ("30.62", "340", "1110.50"),
    (JANUARY, "initial_denial_rate"): ("50", "1", "2"),
    (JANUARY, "initial_denial_rate_amount"): ("50", "100", "200"),
    (JANUARY, "clean_claim_rate"): ("50", "1", "2"),
    (JANUARY, "cost_to_collect"): ("5.89", "36.25", "615"),
    (FEBRUARY, "cost_to_collect"): (None, None, "300"),
    (JANUARY, "average_days_to_pay"): ("5", "25", "5"),
    (JANUARY, "average_days_to_pay_by_amount"): ("3.90", "1600", "410"),
    (MARCH, "average_days_to_pay"): ("67", "67", "1"),
}


def test_key_figures_of_the_world(built: Built):
    rows = built.rows("select month, metric, value, numerator, denominator from rpt_kpis where hospital_id = 'H1'")
    found = {(month, metric): tuple(figures) for month, metric, *figures in rows}
    expected = {
        key: tuple(None if figure is None else Decimal(figure) for figure in figures) for key, figures in KPIS.items()
    }
    assert {key: found[key] for key in expected} == expected


def test_a_net_rate_leaves_out_what_the_contract_does(built: Built):
    query = """
        select value, numerator, denominator from rpt_kpis
        where hospital_id = 'H2' and month = '2026-01-01' and metric = 'net_collection_rate'
    """
    assert built.rows(query) == [(Decimal("92.59"), Decimal(750), Decimal(810))]


def test_a_young_hospital_has_the_days_since_its_first_bill(built: Built):
    query = """
        select as_of_date, window_days, is_short_window, is_partial from rpt_kpis
        where hospital_id = %s and metric = 'days_in_ar' order by 1 desc limit 1
    """
    assert built.rows(query, "H2") == [(date(2026, 3, 31), 81, True, False)]
    assert built.rows(query, "H1") == [(date(2026, 3, 31), 90, False, False)]


def test_every_key_figure_is_defined_and_every_month_has_it(built: Built):
    assert built.rows("select metric from rpt_kpis except select metric from metric_definitions") == []
    counts = "select count(*), count(distinct metric), count(distinct (hospital_id, currency, month)) from rpt_kpis"
    ((rows, metrics, months),) = built.rows(counts)
    assert (metrics, rows) == (11, 11 * months)


def test_days_in_ar_of_every_month_equal_the_reckoning(built: Built):
    query = """
        select as_of_date, metric, value, window_days from rpt_kpis
        where hospital_id = 'R1' and metric like 'days_in_ar%%' order by 1
    """
    rows = built.rows(query)
    assert len(rows) == 30
    moved = list(reckoning.everything(ledgers.STATES[-1]))
    first = min(when for _, kind, when, _ in moved if kind == "billed")
    net_billed: dict[date, Decimal] = defaultdict(Decimal)
    for _, kind, when, amount in moved:
        if kind in ("billed", "contractual", "credit_note", "discount"):
            net_billed[when] += amount
    for day, metric, value, days in rows:
        window = min(90, (day - first).days + 1)
        billed = sum((net_billed[day - timedelta(days=back)] for back in range(window)), Decimal(0))
        balances = reckoning.balances(ledgers.STATES[-1], day).values()
        owed = sum((balance for balance in balances if balance > 0 or metric.endswith("credits")), Decimal(0))
        reckoned = (owed * window / billed).quantize(Decimal("0.01"), ROUND_HALF_UP)
        assert (days, value) == (window, reckoned), (day, metric)
