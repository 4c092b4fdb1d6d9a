"""The hand-checked world: what became of claims."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from tests.warehouse.dbt.conftest import Built

pytestmark = pytest.mark.xdist_group("dbt")


def test_each_claim_says_whether_it_was_decided_and_denied(built: Built):
    query = """
        select c.claim_id, i.invoice_id, c.claim_date, c.is_adjudicated, c.is_denied, c.is_resubmission, c.is_replaced
        from fct_claims c join fct_invoices i using (invoice_key) where c.hospital_id in ('H1', 'H2') order by 1
    """
    assert built.rows(query) == [
        ("C1", "I13", date(2026, 1, 11), True, False, False, False),
        ("C2", "I03", date(2026, 1, 12), True, True, False, True),
        ("C3", "I03", date(2026, 1, 25), True, False, True, False),
        ("C4", "I04", date(2026, 1, 13), True, False, False, False),
        ("C5", "I16", date(2026, 2, 2), False, False, False, False),
    ]


def test_a_claim_that_replaces_another_is_no_first_submission(built: Built):
    query = """
        select claim_month, sum(claim_count), sum(resubmission_count), sum(denied_count), sum(adjudicated_count),
          sum(denied_amount), sum(adjudicated_amount), sum(clean_count), sum(clean_known_count)
        from rpt_claims_monthly where hospital_id = 'H1' group by 1 order by 1
    """
    assert built.rows(query) == [
        (date(2026, 1, 1), 3, 1, 1, 2, Decimal(100), Decimal(200), 1, 2),
        (date(2026, 2, 1), 1, 0, 0, 0, Decimal(0), Decimal(0), 0, 0),
    ]


def test_denials_have_their_reason(built: Built):
    query = "select denial_code, sum(claim_count), sum(denied_count) from rpt_claims_monthly where denied_count > 0 group by 1"
    assert built.rows(query) == [("CO-16", 1, 1)]
