"""Names by which systems call what Daybook calls otherwise, and how near a name comes to a canonical one."""

from __future__ import annotations

import difflib
import re
from functools import cache

from warehouse.canonical import Column, Table

CERTAIN = 0.9
POSSIBLE = 0.72

_TABLES = {
    "hospitals": "clinics sites facilities organizations organisations locations practices",
    "departments": "wards units specialties stations",
    "providers": "doctors physicians practitioners clinicians staff",
    "payers": "insurers insurances carriers plans insurance",
    "patients": "persons people clients",
    "appointments": "visits encounters bookings consultations",
    "invoices": "bills billing rechnungen facturas accounts receivables",
    "payments": "receipts remittances collections cash zahlungen pagos",
    "refunds": "repayments reimbursements",
    "adjustments": "corrections credits credit_notes discounts",
    "allocations": "applications settlements payment_lines",
    "payment_schedules": "instalments installments schedules payment_plans",
    "claims": "insurance_claims",
    "charges": "procedures services charge_lines cases",
    "procedure_units": "base_units cpt_units units",
    "operating_costs": "costs expenses",
    "compensation_plans": "pay_plans contracts",
    "compensation_statements": "pay_statements payslips",
}
_COLUMNS = {
    "invoice_id": "invoice invoice_no invoice_nr invoice_number bill bill_no bill_nr bill_id bill_number"
    " rechnung_nr rechnungsnummer",
    "hospital_id": "hospital clinic clinic_id site site_id facility facility_id organization organisation organization_id"
    " practice_id",
    "patient_id": "patient patient_no patient_nr patient_number pat_id mrn medical_record_number client_id person_id",
    "payment_id": "payment payment_no receipt receipt_no receipt_nr receipt_id transaction_id zahlung_nr",
    "provider_id": "provider doctor doctor_id physician physician_id clinician practitioner_id surgeon",
    "department_id": "department dept dept_id ward ward_id unit_id",
    "payer_id": "payer insurer insurer_id insurance insurance_id carrier carrier_id plan_id",
    "appointment_id": "appointment visit visit_id encounter encounter_id booking_id",
    "claim_id": "claim claim_no claim_number",
    "invoice_date": "bill_date billing_date billed_on issue_date issued issued_on date_of_invoice date rechnungsdatum",
    "due_date": "due due_on payable_by pay_by payment_due faellig fällig_am",
    "subtotal": "net net_amount amount_net netto",
    "tax": "vat tax_amount vat_amount sales_tax mwst",
    "discount": "rebate discount_amount",
    "total": "gross gross_amount amount total_amount grand_total invoice_total invoice_amount bill_amount charged brutto betrag",
    "status": "state",
    "balance": "outstanding open_amount amount_due remaining",
    "payment_date": "paid_on paid_at date_paid receipt_date received_on date zahlungsdatum",
    "amount": "paid amount_paid paid_amount value sum betrag",
    "method": "payment_type pay_method tender zahlungsart",
    "refund_date": "refunded_on date",
    "adjustment_date": "adjusted_on date",
    "kind": "type adjustment_type",
    "allocated_date": "allocated_on applied_on date",
    "appointment_at": "date_of_service service_date visit_date start encounter_date date",
    "case_date": "service_date date_of_service date",
    "posted_date": "post_date posting_date",
    "submitted_date": "submission_date sent_on submitted",
    "adjudicated_date": "decision_date decided_on adjudication_date",
    "billed_amount": "charge_amount total_charge_amount charged_amount",
    "denial_code": "denial_reason_code reason_code",
    "clean": "is_clean_claim clean_claim",
    "cpt_code": "cpt procedure_code code procedure",
    "ticket_number": "ticket case_number case_no",
    "name": "title full_name description",
    "specialization": "specialty speciality",
    "payer_type": "type class",
    "first_name": "first given_name forename vorname",
    "last_name": "last surname family_name nachname",
    "date_of_birth": "dob birth_date birthdate born geburtsdatum",
    "ssn": "social_security_number",
    "phone": "telephone phone_number mobile",
    "email": "mail e_mail email_address",
    "address": "street",
    "timezone": "time_zone tz",
    "currency": "currency_code",
    "month": "period",
    "created_at": "created created_on inserted_at",
    "updated_at": "updated modified modified_at last_modified changed_at",
    "cancelled_date": "cancelled_on cancelled_at voided_on",
}
# What may be the same, in some systems.
_PERHAPS = {
    "invoice_id": "claim claim_id claim_no claim_number account_no",
    "invoice_date": "service_date date_of_service submission_date",
    "total": "total_charge_amount charge_amount",
    "status": "claim_status",
    "kind": "adjustment_type_code",
}
# What stands for an accepted value, by column; names apart from blanks and marks.
VALUES = {
    "invoices.status": {
        "issued": "open outstanding unpaid new pending active offen",
        "sent": "billed submitted mailed",
        "partial": "partiallypaid partlypaid",
        "paid": "closed settled paidinfull complete completed bezahlt",
        "cancelled": "canceled storno storniert",
        "void": "voided",
        "in_collection": "collection collections",
        "written_off": "writtenoff writeoff baddebt",
        "refunded": "credited",
        "overdue": "late",
        "draft": "preliminary",
    },
    "payments.status": {
        "paid": "posted completed complete cleared success successful received ok settled",
        "pending": "open processing authorized",
        "failed": "declined rejected bounced error void voided cancelled canceled",
        "refunded": "reversed",
    },
    "payers.payer_type": {
        "insurance": "commercial private hmo ppo",
        "government": "medicare medicaid public state federal",
        "self_pay": "self selfpay patient cash",
    },
    "adjustments.kind": {
        "contractual": "contract contractualadjustment",
        "credit_note": "credit creditnote",
        "write_off": "writeoff baddebt",
        "discount": "rebate",
    },
    "claims.status": {
        "submitted": "sent pending open",
        "paid": "approved accepted",
        "partial": "partiallypaid",
        "denied": "rejected",
        "appealed": "inappeal",
        "closed": "complete completed",
    },
}


def plain(name: str) -> str:
    """Return a name without case, blanks and marks."""
    return "".join(character for character in name.casefold() if character.isalnum())


def _words(name: str) -> frozenset[str]:
    return frozenset(re.findall(r"[^\W_]+", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).casefold()))


def singular(name: str) -> str:
    """Return an English plural without its end: ``invoices`` → ``invoice``."""
    return name[:-3] + "y" if name.endswith("ies") else name.removesuffix("s")


@cache
def _known(table: Table, column: Column) -> frozenset[str]:
    """Return the plain names that certainly mean a column."""
    names = {column.name, *_COLUMNS.get(column.name, "").split()}
    names |= {f"{singular(table.name)}_{column.name}", f"{table.name}_{column.name}"}
    return frozenset(plain(name) for name in names)


def nearness_of_column(table: Table, column: Column, name: str) -> float:
    """Return how surely a source's column is a canonical one, 0–1."""
    if plain(name) == plain(column.name):
        return 1.0
    if plain(name) in _known(table, column):
        return 0.95
    if (
        plain(name) in ("id", "nr", "no", "number", "key", plain(f"{singular(table.name)}_no"))
        and column.name == table.key[0]
    ):
        return 0.92
    if _words(name) == _words(column.name):
        return 0.92
    if plain(name) in map(plain, _PERHAPS.get(column.name, "").split()):
        return 0.8
    return 0.9 * difflib.SequenceMatcher(None, plain(name), plain(column.name)).ratio()


def nearness_of_table(table: Table, name: str) -> float:
    """Return how surely a source's file or table is a canonical one, 0–1, by its name."""
    stem = re.sub(r"[\d_.-]+$", "", name.rsplit("/", 1)[-1].casefold()) or name
    names = {
        table.name,
        singular(table.name),
        *_TABLES[table.name].split(),
        *map(singular, _TABLES[table.name].split()),
    }
    if plain(stem) in {plain(known) for known in names}:
        return 1.0 if plain(stem) in (plain(table.name), plain(singular(table.name))) else 0.95
    if _words(stem) & {table.name, singular(table.name)}:
        return 0.8
    return 0.8 * max(difflib.SequenceMatcher(None, plain(stem), plain(known)).ratio() for known in names)
