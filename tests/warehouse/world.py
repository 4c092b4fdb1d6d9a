"""One hand-checked world: two hospitals, a dozen and a half patient accounts, three runs, every case of money once.

H1 keeps its books in New York and USD, H2 in Berlin and EUR; both have an invoice I01 of a patient P01. Business date:
31 March 2026. Run 1 (1 February) is the first load, run 2 (5 March) brings corrections, run 3 (31 March) is being built.
Beside them stand a batch that was refused and one of a run that died: neither may count.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from tests.warehouse import practice
from tests.warehouse.deliveries import Delivery, Row

BUSINESS_DATE = date(2026, 3, 31)
BUSINESS_DATES = {"H1": BUSINESS_DATE, "H2": BUSINESS_DATE}
FIRST_LOAD = datetime(2026, 2, 1, 5, tzinfo=UTC)
SECOND_RUN = datetime(2026, 3, 5, 12, tzinfo=UTC)
REFUSED_RUN = datetime(2026, 3, 10, 12, tzinfo=UTC)
DEAD_RUN = datetime(2026, 3, 12, 12, tzinfo=UTC)
THIS_RUN = datetime(2026, 3, 31, 21, tzinfo=UTC)


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _row(table: str, hospital: str | None, deleted: bool = False, **values: Any) -> Row:
    days = {name: _day(value) for name, value in values.items() if name.endswith("_date") or name == "appointment_at"}
    money = {
        name: Decimal(value)
        for name, value in values.items()
        if name in ("amount", "total", "subtotal", "balance", "tax")
    }
    own = {} if hospital is None else {"hospital_id": hospital}
    return Row(table, {**values, **days, **money, **own}, deleted)


def invoice(
    hospital: str, number: str, patient: str, day: str, due: str | None, total: str, status: str = "issued", **more: Any
) -> Row:
    """An invoice; ``total`` and other money as text."""
    return _row(
        "invoices",
        hospital,
        invoice_id=number,
        patient_id=patient,
        invoice_date=day,
        due_date=due,
        total=total,
        status=status,
        **more,
    )


def payment(
    hospital: str, number: str, invoice_id: str | None, day: str, amount: str, status: str = "paid", **more: Any
) -> Row:
    """A payment; ``amount`` as text."""
    return _row(
        "payments",
        hospital,
        payment_id=number,
        invoice_id=invoice_id,
        payment_date=day,
        amount=amount,
        status=status,
        **more,
    )


def adjustment(hospital: str, number: str, invoice_id: str, day: str, amount: str, kind: str) -> Row:
    """An adjustment; a positive amount lowers the balance."""
    return _row(
        "adjustments",
        hospital,
        adjustment_id=number,
        invoice_id=invoice_id,
        adjustment_date=day,
        amount=amount,
        kind=kind,
    )


def claim(hospital: str, number: str, invoice_id: str, status: str, billed: str | None = None, **more: Any) -> Row:
    """A claim; ``billed`` as text."""
    amount = None if billed is None else Decimal(billed)
    return _row("claims", hospital, claim_id=number, invoice_id=invoice_id, status=status, billed_amount=amount, **more)


def appointment(number: str, patient: str, day: str, provider: str, department: str, status: str = "kept") -> Row:
    """An appointment at H1."""
    return _row(
        "appointments", "H1", appointment_id=number, patient_id=patient, appointment_at=day,
        provider_id=provider, department_id=department, status=status,
    )  # fmt: skip


REFERENCE = [
    _row("hospitals", "H1", name="Hudson Clinic", timezone="America/New_York", currency="USD", fiscal_year_start=1),
    _row(
        "hospitals",
        "H2",
        name="Spree Klinik",
        timezone="Europe/Berlin",
        currency="EUR",
        fiscal_year_start=1,
        tax_rates="19; 7",
    ),
    _row("departments", "H1", department_id="CARD", code="C", name="Cardiology"),
    _row("departments", "H1", department_id="LAB", code="L", name="Laboratory"),
    _row("providers", "H1", provider_id="D1", department_id="CARD", name="Dr One", specialization="Cardiology"),
    _row("providers", "H1", provider_id="D2", department_id="LAB", name="Dr Two", specialization=None),
    _row("payers", None, payer_id="AOK", name="AOK", payer_type="insurance"),
    _row("payers", None, payer_id="SELF", name="Self", payer_type="self_pay"),
    _row("patients", "H1", patient_id="P01", birth_year=1950),
    _row("patients", "H1", patient_id="P20", birth_year=1999),
    _row("patients", "H2", patient_id="P01", birth_year=1980),
    appointment("A2", "P02", "2025-12-28", "D2", "LAB"),
    appointment("A3", "P03", "2026-01-10", "D1", "CARD"),
    appointment("A6a", "P06", "2026-01-10", "D1", "CARD"),
    appointment("A6b", "P06", "2026-01-10", "D2", "LAB"),
    appointment("A8", "P08", "2026-01-15", "D1", "CARD", status="cancelled"),
]

RUN_1 = [
    # I01 part paid: 60 open, due 9 February, 50 days overdue.
    invoice("H1", "I01", "P01", "2026-01-10", "2026-02-09", "100.00", "partial", department_id="CARD", provider_id="D1",
            subtotal="95.00", tax="5.00", balance="60.00", created_at="2026-01-10T15:00:00Z"),
    payment("H1", "Y01", "I01", "2026-01-20", "40.00", method="card", created_at="2026-01-21T04:30:00Z"),
    # I02 paid, refunded later; its department comes from its appointment.
    invoice("H1", "I02", "P02", "2026-01-02", "2026-02-28", "100.00", "paid", appointment_id="A2"),
    payment("H1", "Y02", "I02", "2026-01-10", "100.00"),
    # I03 paid before it was dated: a credit from 5 to 9 January. The one appointment of the day tells its department.
    payment("H1", "Y03", "I03", "2026-01-05", "100.00"),
    invoice("H1", "I03", "P03", "2026-01-10", "2026-02-10", "100.00", "paid"),
    # I04 overpaid by 50.
    invoice("H1", "I04", "P04", "2026-01-10", "2026-02-10", "100.00", "paid"),
    payment("H1", "Y04", "I04", "2026-01-12", "150.00"),
    # P05: money without an invoice, and for one that we do not have.
    payment("H1", "Y05", None, "2026-01-25", "70.00", patient_id="P05"),
    payment("H1", "Y06", "I99", "2026-01-26", "80.00", patient_id="P05"),
    # I06 corrected in run 2; two appointments that day: nobody can say which.
    invoice("H1", "I06", "P06", "2026-01-10", "2026-03-01", "100.00"),
    # I07 cancelled without a date in run 2, 30 were paid on it.
    invoice("H1", "I07", "P07", "2026-01-15", "2026-02-15", "100.00", "partial"),
    payment("H1", "Y07", "I07", "2026-01-16", "30.00"),
    # I08 cancelled with a date in run 2; its only appointment was cancelled too.
    invoice("H1", "I08", "P08", "2026-01-15", "2026-02-15", "100.00", subtotal="95.00", tax="5.00"),
    # I10 adjusted in every way: 500 - 100 - 50 - 20 + 10 = 340; due 30 December, 91 days. I11: 90 days.
    invoice("H1", "I10", "P10", "2025-12-01", "2025-12-30", "500.00", "overdue", subtotal="454.55", tax="45.45"),
    adjustment("H1", "J1", "I10", "2026-01-05", "100.00", "contractual"),
    adjustment("H1", "J2", "I10", "2026-01-06", "50.00", "credit_note"),
    adjustment("H1", "J3", "I10", "2026-01-07", "20.00", "discount"),
    adjustment("H1", "J4", "I10", "2026-01-08", "-10.00", "other"),
    invoice("H1", "I11", "P10", "2025-12-01", "2025-12-31", "100.00", "overdue"),
    # I12 written off in run 2, 40 received after.
    invoice("H1", "I12", "P11", "2026-01-02", "2026-01-31", "100.00", "in_collection"),
    # I14 vanishes in run 3. I15 is a draft with a payment. I18's date is corrected in run 2.
    invoice("H1", "I14", "P14", "2026-01-20", "2026-02-20", "33.00"),
    invoice("H1", "I15", "P15", "2026-01-20", None, "999.00", "draft"),
    payment("H1", "Y15", "I15", "2026-01-22", "25.00"),
    invoice("H1", "I18", "P18", "2026-01-10", "2026-04-10", "45.00"),
    # One instalment of all of it changes nothing.
    _row("payment_schedules", "H1", invoice_id="I18", due_date="2026-04-10", amount="45.00"),
    # Y17 pays an invoice that arrives only in run 3. Two payments never count.
    payment("H1", "Y17", "I17", "2026-01-30", "20.00"),
    payment("H1", "Y21", "I01", "2026-01-21", "11.00", "pending"),
    payment("H1", "Y22", "I01", "2026-01-22", "12.00", "failed"),
    # H2: an insurer's invoice, and the clashing ids.
    invoice("H2", "I13", "P12", "2026-01-10", "2026-02-09", "1000.00", "partial", payer_id="AOK",
            subtotal="840.34", tax="159.66"),
    invoice("H2", "I01", "P01", "2026-01-31", "2026-04-05", "10.00"),
]  # fmt: skip

RUN_2 = [
    payment("H1", "Y02", "I02", "2026-01-10", "100.00", "refunded", refunded_date="2026-03-05"),
    invoice("H1", "I06", "P06", "2026-01-10", "2026-03-01", "120.00"),
    invoice("H1", "I07", "P07", "2026-01-15", "2026-02-15", "100.00", "cancelled"),
    invoice("H1", "I08", "P08", "2026-01-15", "2026-02-15", "100.00", "cancelled", cancelled_date="2026-03-02",
            subtotal="95.00", tax="5.00"),
    invoice("H1", "I18", "P18", "2026-02-03", "2026-04-10", "45.00"),
    adjustment("H1", "J5", "I12", "2026-02-15", "100.00", "write_off"),
    # I16 paid, then refunded in two parts: 50 and 25.50.
    invoice("H1", "I16", "P16", "2026-02-01", "2026-03-31", "300.00", "paid"),
    payment("H1", "Y16", "I16", "2026-02-01", "300.00", "refunded"),
    _row("refunds", "H1", refund_id="R1", payment_id="Y16", amount="50.00", refund_date="2026-02-10"),
    _row("refunds", "H1", refund_id="R2", payment_id="Y16", amount="25.50", refund_date="2026-03-01"),
    # I13: allowed 800, the insurer pays 600, the patient 150; 50 stay with the patient from 20 February.
    payment("H2", "Y13", "I13", "2026-02-20", "600.00", payer_id="AOK"),
    adjustment("H2", "J6", "I13", "2026-02-20", "200.00", "contractual"),
    payment("H2", "Y14", "I13", "2026-02-25", "150.00", payer_id="SELF"),
    claim("H2", "C1", "I13", "paid", payer_id="AOK", submitted_date="2026-01-11", adjudicated_date="2026-02-20"),
    # Claims to nobody in particular: the first on I03 was denied, and replaced by one that was paid; I16's is open.
    claim("H1", "C2", "I03", "denied", "100.00", submitted_date="2026-01-12", adjudicated_date="2026-01-20",
          denial_code="CO-16", clean=False),
    claim("H1", "C3", "I03", "paid", "100.00", submitted_date="2026-01-25", adjudicated_date="2026-02-02",
          resubmission_of="C2", clean=True),
    claim("H1", "C4", "I04", "paid", "100.00", submitted_date="2026-01-13", clean=True),
    claim("H1", "C5", "I16", "submitted", "300.00", submitted_date="2026-02-02"),
    _row("operating_costs", "H1", month=date(2026, 1, 1), amount="36.25"),
]  # fmt: skip

RUN_3 = [
    payment("H1", "Y12", "I12", "2026-03-10", "40.00"),
    invoice("H1", "I14", "P14", "2026-01-20", "2026-02-20", "33.00", deleted=True),
    invoice("H1", "I17", "P17", "2026-01-25", "2026-02-25", "90.00"),
    # I09 has no due date: it ages from 30 March.
    invoice("H1", "I09", "P09", "2026-03-30", None, "200.00"),
]

REFUSED = [
    invoice("H1", "I11", "P10", "2025-12-01", "2025-12-31", "9999.00"),
    payment("H1", "Y90", "I11", "2026-03-01", "5.00"),
]
DEAD = [
    invoice("H1", "I03", "P03", "2026-01-10", "2026-02-10", "7777.00"),
    invoice("H1", "I91", "P91", "2026-03-01", None, "1.00"),
]
# New versions that were no good: I10's came with this run, so the last good one is stale; I11's is long past.
REJECTED_NOW = [invoice("H1", "I10", "P10", "2025-12-01", "2025-12-30", "0")]
REJECTED_AND_LATER_FINE = [invoice("H1", "I11", "P10", "2025-12-01", "2025-12-31", "0")]

DELIVERIES = [
    Delivery(
        FIRST_LOAD,
        "accepted",
        [*REFERENCE, *RUN_1, *practice.REFERENCE, *practice.FIRST_LOAD],
        rejects=REJECTED_AND_LATER_FINE,
    ),
    Delivery(SECOND_RUN, "accepted", RUN_2),
    Delivery(REFUSED_RUN, "refused", REFUSED),
    Delivery(DEAD_RUN, "landed", DEAD),
    Delivery(THIS_RUN, "landed", RUN_3, is_building=True, rejects=REJECTED_NOW),
]
