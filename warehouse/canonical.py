"""The canonical tables: what a source is mapped to, how each column is typed, and what identifies a row.

One definition for all floors: the pipeline checks rows against it, the migrations' ``raw`` and
``quarantine`` tables follow it (a test compares them), and dbt stages those tables.
Column types: ``text``, ``date``, ``timestamp``, ``money`` (three decimals), ``number``, ``integer``, ``boolean``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

ColumnType = Literal["text", "date", "timestamp", "money", "number", "integer", "boolean"]

POSTGRES_TYPES: dict[str, str] = {
    "text": "text",
    "date": "date",
    "timestamp": "timestamptz",
    "money": "numeric(18,3)",
    "number": "numeric(18,6)",
    "integer": "bigint",
    "boolean": "boolean",
}


@dataclass(frozen=True)
class Column:
    """A column of a canonical table.

    ``identity`` columns name a person: they are encrypted into ``phi`` and never land in ``raw``.
    ``free_text`` columns may name one: they land, but are left out of quarantine and of every export of rejects.
    """

    name: str
    type: ColumnType = "text"
    required: bool = False
    identity: bool = False
    free_text: bool = False
    default: str | None = None
    allowed: tuple[str, ...] = ()


@dataclass(frozen=True)
class Reference:
    """A column that must name an existing row of another table; a row that does not is rejected."""

    column: str
    table: str


@dataclass(frozen=True)
class Table:
    """A canonical table. ``key`` holds the source's identifying columns; ``money`` is the controlled amount."""

    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    money: str | None = None
    required: bool = False
    per_hospital: bool = True
    hospital_from: tuple[tuple[str, str], ...] = ()
    references: tuple[Reference, ...] = ()
    not_in_future: tuple[str, ...] = ()
    positive: tuple[str, ...] = ()
    not_negative: tuple[str, ...] = ()

    def column(self, name: str) -> Column:
        """Return the column called ``name`` (KeyError if there is none)."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)

    @property
    def landed_columns(self) -> tuple[Column, ...]:
        """Columns that land in ``raw``: all but identity."""
        return tuple(column for column in self.columns if not column.identity)


def _c(name: str, type: ColumnType = "text", required: bool = False, **more: object) -> Column:
    return Column(name, type, required, **more)  # type: ignore[arg-type]


INVOICE_STATUSES = (
    "issued", "sent", "partial", "paid", "overdue", "in_collection", "disputed", "written_off",
    "draft", "cancelled", "void", "refunded",
)  # fmt: skip
PAYMENT_STATUSES = ("paid", "pending", "failed", "refunded")
ADJUSTMENT_KINDS = ("contractual", "credit_note", "discount", "write_off", "other")
CLAIM_STATUSES = ("submitted", "paid", "partial", "denied", "appealed", "closed")
_INVOICE = (("invoice_id", "invoices"),)
_PAYMENT = (("payment_id", "payments"),)

TABLES: tuple[Table, ...] = (
    Table(
        "hospitals",
        (
            _c("hospital_id", required=True),
            _c("name", required=True),
            _c("timezone", default="UTC"),
            _c("currency", default="USD"),
            _c("fiscal_year_start", "integer", default="1"),
            _c("tax_rates"),
        ),
        key=("hospital_id",),
    ),
    Table(
        "departments",
        (_c("department_id", required=True), _c("hospital_id", required=True), _c("code"), _c("name", required=True)),
        key=("department_id",),
        references=(Reference("hospital_id", "hospitals"),),
    ),
    Table(
        "providers",
        (
            _c("provider_id", required=True),
            _c("hospital_id", required=True),
            _c("department_id"),
            _c("name", required=True),
            _c("specialization"),
        ),
        key=("provider_id",),
        references=(Reference("hospital_id", "hospitals"),),
    ),
    Table(
        "payers",
        (
            _c("payer_id", required=True),
            _c("name", required=True),
            _c("payer_type", default="insurance", allowed=("insurance", "government", "self_pay")),
        ),
        key=("payer_id",),
        per_hospital=False,
    ),
    Table(
        "patients",
        (
            _c("patient_id", required=True),
            _c("hospital_id", required=True),
            _c("first_name", identity=True),
            _c("last_name", identity=True),
            _c("date_of_birth", "date", identity=True),
            _c("ssn", identity=True),
            _c("phone", identity=True),
            _c("email", identity=True),
            _c("address", identity=True),
        ),
        key=("patient_id",),
        references=(Reference("hospital_id", "hospitals"),),
    ),
    Table(
        "appointments",
        (
            _c("appointment_id", required=True),
            _c("hospital_id", required=True),
            _c("patient_id", required=True),
            _c("provider_id"),
            _c("department_id"),
            _c("appointment_at", "date", required=True),
            _c("status"),
        ),
        key=("appointment_id",),
        references=(Reference("hospital_id", "hospitals"),),
    ),
    Table(
        "invoices",
        (
            _c("invoice_id", required=True),
            _c("hospital_id", required=True),
            _c("patient_id", required=True),
            _c("invoice_date", "date", required=True),
            _c("due_date", "date"),
            _c("subtotal", "money"),
            _c("tax", "money"),
            _c("discount", "money"),
            _c("total", "money", required=True),
            _c("status", required=True, allowed=INVOICE_STATUSES),
            _c("appointment_id"),
            _c("provider_id"),
            _c("department_id"),
            _c("payer_id"),
            _c("currency"),
            _c("balance", "money"),
            _c("cancelled_date", "date"),
            _c("billed_at", "date"),
            _c("disputed", "boolean"),
            _c("created_at", "timestamp"),
            _c("updated_at", "timestamp"),
        ),
        key=("invoice_id",),
        money="total",
        required=True,
        references=(Reference("hospital_id", "hospitals"),),
        not_in_future=("invoice_date", "cancelled_date"),
        not_negative=("total", "subtotal", "tax", "discount"),
    ),
    Table(
        "payment_schedules",
        (
            _c("hospital_id"),
            _c("invoice_id", required=True),
            _c("due_date", "date", required=True),
            _c("amount", "money", required=True),
        ),
        key=("invoice_id", "due_date"),
        money="amount",
        hospital_from=_INVOICE,
        references=(Reference("invoice_id", "invoices"),),
        positive=("amount",),
    ),
    Table(
        "payments",
        (
            _c("payment_id", required=True),
            _c("hospital_id"),
            _c("invoice_id"),
            _c("patient_id"),
            _c("payment_date", "date", required=True),
            _c("amount", "money", required=True),
            _c("status", required=True, allowed=PAYMENT_STATUSES),
            _c("method"),
            _c("payer_id"),
            _c("refunded_date", "date"),
            _c("created_at", "timestamp"),
            _c("updated_at", "timestamp"),
        ),
        key=("payment_id",),
        money="amount",
        required=True,
        hospital_from=_INVOICE,
        not_in_future=("payment_date", "refunded_date"),
        positive=("amount",),
    ),
    Table(
        "refunds",
        (
            _c("refund_id", required=True),
            _c("hospital_id"),
            _c("payment_id", required=True),
            _c("amount", "money", required=True),
            _c("refund_date", "date", required=True),
        ),
        key=("refund_id",),
        money="amount",
        hospital_from=_PAYMENT,
        references=(Reference("payment_id", "payments"),),
        not_in_future=("refund_date",),
        positive=("amount",),
    ),
    Table(
        "adjustments",
        (
            _c("adjustment_id", required=True),
            _c("hospital_id"),
            _c("invoice_id"),
            _c("patient_id"),
            _c("adjustment_date", "date", required=True),
            _c("amount", "money", required=True),
            _c("kind", default="other", allowed=ADJUSTMENT_KINDS),
            _c("category"),
            _c("reason", free_text=True),
        ),
        key=("adjustment_id",),
        money="amount",
        hospital_from=_INVOICE,
        references=(Reference("invoice_id", "invoices"),),
        not_in_future=("adjustment_date",),
    ),
    Table(
        "allocations",
        (
            _c("allocation_id", required=True),
            _c("hospital_id"),
            _c("payment_id"),
            _c("adjustment_id"),
            _c("invoice_id", required=True),
            _c("amount", "money", required=True),
            _c("allocated_date", "date", required=True),
        ),
        key=("allocation_id",),
        money="amount",
        hospital_from=_INVOICE,
        references=(Reference("invoice_id", "invoices"), Reference("payment_id", "payments")),
        not_in_future=("allocated_date",),
    ),
    Table(
        "claims",
        (
            _c("claim_id", required=True),
            _c("hospital_id"),
            _c("invoice_id", required=True),
            _c("payer_id"),
            _c("submitted_date", "date"),
            _c("status", allowed=CLAIM_STATUSES),
            _c("adjudicated_date", "date"),
            _c("billed_amount", "money"),
            _c("allowed_amount", "money"),
            _c("paid_amount", "money"),
            _c("patient_responsibility", "money"),
            _c("denial_code"),
            _c("clean", "boolean"),
            _c("resubmission_of"),
        ),
        key=("claim_id",),
        money="billed_amount",
        hospital_from=_INVOICE,
        references=(Reference("invoice_id", "invoices"),),
    ),
    Table(
        "charges",
        (
            _c("charge_id", required=True),
            _c("hospital_id"),
            _c("provider_id", required=True),
            _c("ticket_number", required=True),
            _c("case_date", "date", required=True),
            _c("posted_date", "date"),
            _c("cpt_code", required=True),
            _c("units", "number"),
            _c("minutes", "number"),
            _c("billed_amount", "money"),
            _c("paid_amount", "money"),
            _c("patient_id"),
        ),
        key=("charge_id",),
        money="billed_amount",
        hospital_from=(("provider_id", "providers"),),
    ),
    Table(
        "procedure_units",
        (
            _c("cpt_code", required=True),
            _c("base_units", "number", required=True),
            _c("valid_from", "date"),
            _c("valid_to", "date"),
        ),
        key=("cpt_code", "valid_from"),
        per_hospital=False,
    ),
    Table(
        "compensation_plans",
        (
            _c("provider_id", required=True),
            _c("hospital_id"),
            _c("valid_from", "date", required=True),
            _c("conversion_factor", "number", required=True),
            _c("minutes_per_unit", "number", default="15"),
            _c("share_percent", "number", default="100"),
            _c("modifiers"),
        ),
        key=("provider_id", "valid_from"),
        hospital_from=(("provider_id", "providers"),),
    ),
    Table(
        "operating_costs",
        (_c("hospital_id"), _c("month", "date", required=True), _c("amount", "money", required=True)),
        key=("month",),
        money="amount",
    ),
    Table(
        "compensation_statements",
        (
            _c("statement_id", required=True),
            _c("hospital_id"),
            _c("provider_id", required=True),
            _c("month", "date", required=True),
            _c("gross_pay", "money", required=True),
            _c("commission", "money"),
            _c("bonus", "money"),
            _c("deductions", "money"),
        ),
        key=("statement_id",),
        money="gross_pay",
        hospital_from=(("provider_id", "providers"),),
    ),
)
"""Canonical tables in the order in which they load: a table comes after those that it refers to."""

BY_NAME: dict[str, Table] = {table.name: table for table in TABLES}
