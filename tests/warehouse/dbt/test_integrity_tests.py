"""Each of dbt's integrity tests finds the damage that it is there for, down to a thousandth."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.warehouse.dbt.builds import PROJECT
from tests.warehouse.dbt.conftest import Built

pytestmark = pytest.mark.xdist_group("dbt")

_ONE_OPEN = "where id = (select id from outstanding_payments order by id limit 1)"
DAMAGE = {
    "roll_forward_holds": ["update fct_invoice_balances set balance = balance + 0.001 where invoice_id = 'I06'"],
    "buckets_add_up_to_outstanding": [
        f"update outstanding_payments set amount_due = amount_due + 0.001 {_ONE_OPEN}",
        f"update outstanding_payments set bucket = case bucket when '91+' then 'not_due' else '91+' end {_ONE_OPEN}",
        "delete from fct_receivables_aging where bucket = '61-90'",
    ],
    "buckets_add_up_on_every_day": [
        "update int_aging_steps set amount = amount + 0.001 where bucket = '31-60' and hospital_id = 'H2'",
        "update fct_receivables_aging_by_provider set amount = amount + 0.001 where hospital_id = 'H2'",
        "update fct_receivables_aging set invoice_count = invoice_count + 1 where hospital_id = 'H2'",
    ],
    "marts_equal_ledger": [
        "update revenue_metrics set total_revenue = total_revenue + 0.001 where date_key = '2026-01-10'",
        "update rpt_revenue_daily set revenue = revenue - 0.001 where revenue_date = '2026-01-10' and hospital_id = 'H1'",
        "update fct_invoices set balance = balance + 0.001 where invoice_id = 'I06'",
        f"update outstanding_payments set amount_due = amount_due + 0.001 {_ONE_OPEN}",
        "update rpt_patient_accounts set credit_balance = credit_balance + 0.001 where patient_id = 'P05'",
    ],
    "ledger_equals_raw": [
        "update raw.payments set amount = amount + 0.001 where payment_id = 'Y01'",
        "update raw.invoices set total = total + 0.001 where invoice_id = 'I06' and known_to is null",
        "delete from fct_receivable_events where event_type = 'written_off'",
    ],
    "revenue_splits_add_up": [
        "update rpt_revenue_by_payer set revenue = revenue + 0.001 where split = 'invoice' and revenue_date = '2026-01-10'",
        "update rpt_revenue_by_payer set refunded_amount = 0 where split = 'payer' and hospital_id = 'H1'",
        "update int_invoice_payer_shares set amount = amount - 0.001 where payer_group = 'insurance'",
        "delete from int_invoice_payer_shares where payer_group = 'self_pay'",
    ],
    "period_comparisons_add_up": [
        "update rpt_period_comparisons set amount = amount + 0.001 where grain = 'month' and hospital_id = 'H1'",
        "delete from rpt_period_comparisons where grain = 'month' and period_start = '2026-01-01' and basis = 'billed'",
        "update rpt_period_comparisons set period_start = '2025-12-01' where grain = 'fiscal_quarter' and hospital_id = 'R1'"
        " and period_start = '2026-01-01'",
        "delete from rpt_period_comparisons where hospital_id = 'H2'",
    ],
    "tax_equals_invoices": [
        "update rpt_tax_daily set tax = tax + 0.002 where tax_date = '2026-01-15'",
        "update rpt_tax_daily set tax = tax + 0.001 where hospital_id = 'H2'",
        "delete from rpt_tax_daily where tax_date = '2026-03-02'",
    ],
    "tax_rates_are_readable": ["update dim_hospitals set tax_rates = '18 percent' where hospital_id = 'H2'"],
    "recoveries_are_covered": ["update fct_invoices set recovered = 40.001 where invoice_id = 'I12'"],
    "amounts_stay_in_range": [
        f"update outstanding_payments set amount_due = 0 {_ONE_OPEN}",
        "update patient_payment_history set amount = -amount where patient_id = 'P01'",
        "update revenue_metrics set total_revenue = -1 where date_key = '2026-01-10'",
    ],
    "nothing_counts_before_its_day": ["update dim_hospitals set business_date = '2026-03-29' where hospital_id = 'H1'"],
    "buckets_cover_every_day_once": [
        "update dim_aging_buckets set to_days = 29 where bucket = '1-30'",
        "update dim_aging_buckets set to_days = 31 where bucket = '1-30'",
        "delete from dim_aging_buckets where bucket = '91+'",
    ],
    "refunded_payments_have_a_date": ["update int_payments set refunded_date = null where payment_id = 'Y02'"],
    "collections_add_up": [
        "update fct_invoices set applied_amount = applied_amount + 0.001 where invoice_id = 'I01' and hospital_id = 'H1'",
        "update fct_invoices set applied_amount = -1 where invoice_id = 'I02'",
        "update rpt_collections_daily set applied = applied - 0.001 where invoice_date = '2026-01-10' and applied > 0",
        "update rpt_collections_daily set contractual = contractual + 0.001 where invoice_date = '2026-01-10'",
        "update fct_collection_lag set applied_to_date = applied_to_date + 0.001 where months_since = 0",
        "delete from fct_collection_lag where months_since = 1",
    ],
    "claims_equal_their_source": [
        "delete from fct_claims where claim_id = 'C4'",
        "update fct_claims set billed_amount = billed_amount + 0.001 where claim_id = 'C4'",
        "update fct_claims set is_denied = true where claim_id = 'C4'",
        "update rpt_claims_monthly set claim_count = claim_count + 1 where status = 'submitted'",
        "update rpt_claims_monthly set paid_amount = paid_amount + 0.001 where status = 'submitted'",
    ],
    "kpis_add_up": [
        "delete from rpt_kpis where metric = 'clean_claim_rate' and hospital_id = 'H2'",
        "update rpt_kpis set value = value + 0.01 where metric = 'days_in_ar' and month = '2026-03-01'",
        "update rpt_kpis set value = null where metric = 'collection_rate' and month = '2026-01-01'",
        "update outstanding_payments set amount_due = amount_due + 0.001 where invoice_id = 'I06'",
        "update fct_invoice_balances set balance = balance - 0.001 where invoice_id = 'I04'",
        "update rpt_collections_daily set applied = applied + 0.001 where invoice_date = '2026-01-10' and applied > 0",
        "update revenue_metrics set total_revenue = total_revenue + 0.001 where date_key = '2026-01-10'",
    ],
    "balances_are_one_at_a_time": ["update fct_invoice_balances set valid_to = '9999-12-31' where invoice_id = 'I13'"],
    "history_keeps_what_it_should": [
        "delete from patient_payment_history where payment_id = 'Y01'",
        "update dim_hospitals set history_from = '2026-01-11' where hospital_id = 'H1'",
    ],
    "roll_forward_adds_up": [
        "update rpt_roll_forward set opening = opening + 0.001, closing = closing + 0.001,"
        " receivables_closing = receivables_closing + 0.001 where hospital_id = 'H1' and month = '2026-02-01'",
        "update rpt_roll_forward set receivables_closing = receivables_closing + 0.001 where hospital_id = 'H2'",
        "update rpt_roll_forward set billed = billed + 0.001, collected = collected + 0.001 where hospital_id = 'H2'",
        "delete from rpt_roll_forward where hospital_id = 'H2' and month = '2026-03-01'",
        "delete from rpt_roll_forward where hospital_id = 'H1' and month = '2026-01-01'",
    ],
    "month_ends_equal_aging": [
        "update rpt_aging_month_ends set amount = amount + 0.001 where hospital_id = 'H1' and bucket = 'credit'",
        "update rpt_aging_month_ends set as_of_date = '2026-02-08' where hospital_id = 'H2' and month = '2026-02-01'",
    ],
    "cash_receipts_equal_revenue": [
        "update rpt_cash_receipts set received = received + 0.001 where receipt_date = '2026-01-10'",
        "update rpt_cash_receipts set refunded = refunded + 0.001, net = net - 0.001 where receipt_date = '2026-02-10'",
        "update rpt_cash_receipts set payment_count = payment_count + 1 where receipt_date = '2026-01-10'",
        "delete from rpt_cash_receipts where method = 'card'",
    ],
    "credits_equal_aging": [
        "update rpt_credits set amount = amount - 0.001 where invoice_id = 'I04'",
        "delete from rpt_credits where payment_id = 'Y05'",
    ],
    "write_offs_equal_ledger": [
        "update fct_write_offs set amount = amount + 0.001 where write_off_id = 'J5'",
        "update rpt_write_offs set amount = amount + 0.001 where hospital_id = 'H1'",
        "update rpt_write_offs set effective_date = effective_date + 1 where hospital_id = 'H1'",
        "update rpt_write_offs set recovered = recovered - 0.001 where hospital_id = 'H1'",
        "delete from fct_write_offs where write_off_id = 'DAYBOOK-WO-9'",
    ],
    "cases_equal_charges": [
        "update raw.charges set billed_amount = billed_amount + 0.001 where charge_id = 'K16'",
        "update fct_charges set paid = paid + 0.001 where charge_id = 'K04'",
        "update fct_cases set billed = billed - 0.001 where ticket_number = 'T9'",
        "delete from fct_cases where ticket_number = 'T3'",
        "update rpt_workload set case_count = case_count + 1 where case_date = '2026-03-12'",
        "update rpt_workload set minutes = minutes + 0.001 where case_date = '2026-03-12'",
        "delete from rpt_case_mix where cpt_code = 'D0099'",
    ],
    "compensation_equals_cases": [
        "delete from fct_case_compensation where uncalculated_reason = 'no_plan'",
        "update rpt_compensation_monthly set calculated = calculated + 0.001 where case_count = 6",
        "update rpt_compensation_monthly set difference = difference + 0.001 where case_count = 6",
        "update raw.compensation_statements set deductions = deductions + 0.001 where statement_id = 'S1'",
    ],
    "every_case_is_paid_or_says_why": [
        "update fct_case_compensation set amount = 0 where uncalculated_reason = 'no_plan'",
        "update fct_case_compensation set amount = null where uncalculated_reason is null",
    ],
    "patients_are_known": ["delete from dim_patients where patient_id = 'P05'"],
    "closed_periods_add_up": [
        "update fct_closed_periods set issued_amount = issued_amount + 0.001 where figure = 'aging_31_60'",
        "update fct_closed_periods set current_amount = current_amount + 0.001 where figure = 'credits_closing'",
        "update rpt_changes_after_close set amount = amount + 0.001 where invoice_id = 'I17'",
        "delete from rpt_changes_after_close where invoice_id = 'I14'",
        "delete from fct_receivable_events where event_key in (select event_key from rpt_changes_after_close)",
    ],
    "row_policies_present": [
        "alter table fct_payments disable row level security",
        "drop policy hospital_of_analyst on fct_payments",
        "revoke select on dim_payers from daybook_portal",
    ],
}


def _findings(built: Built, test: str, damage: str | None) -> int:
    compiled = built.state / "target" / "compiled" / "daybook" / "tests" / f"{test}.sql"
    with built.connect() as connection:
        if damage:
            assert connection.execute(damage).rowcount != 0
        found = len(connection.execute(compiled.read_text(encoding="utf-8")).fetchall())
        connection.rollback()
    return found


def test_every_integrity_test_is_tried_here():
    assert {path.stem for path in Path(PROJECT / "tests").glob("*.sql")} == set(DAMAGE)


@pytest.mark.parametrize(("test", "damage"), [(test, damage) for test, damages in DAMAGE.items() for damage in damages])
def test_damage_is_found(built: Built, test: str, damage: str):
    assert _findings(built, test, None) == 0
    assert _findings(built, test, damage) > 0
