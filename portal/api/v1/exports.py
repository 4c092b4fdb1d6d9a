"""``GET /exports/{entity}/{format}``: what a page lists, as a file. An entity is an entry of ``ENTITIES``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, abort

from portal.api.v1 import forecast_asked
from portal.api.v1.asked import Reach, checked_months, currency_of, range_asked, reach, stamp
from portal.api.v1.audit_lines import evidence
from portal.api.v1.billing_audit_desk import audit_asked, audit_words
from portal.api.v1.billing_audit_parameters import AuditQuery
from portal.api.v1.described import described
from portal.api.v1.download import download, unread
from portal.api.v1.fields import FieldsQuery, narrowed
from portal.api.v1.forecast_parameters import ForecastQuery
from portal.api.v1.practice_asked import cases_asked, work_asked
from portal.api.v1.practice_parameters import CasesQuery, PracticeQuery, TransactionsQuery
from portal.api.v1.schema import Query, operation
from portal.api.v1.template_files import MonthQuery, monthly_summary, tax_prep, workbook
from portal.api.v1.write_off_parameters import WriteOffFilters, write_offs_asked
from portal.exports import practice_documents
from portal.exports.billing_audit_documents import audit_document
from portal.exports.document import MEDIA_TYPES, Document, Format
from portal.exports.write_off_documents import write_offs_document
from portal.queries.cases import cases_sum
from portal.queries.compensation import compensation, statements_stream
from portal.queries.payments import PaymentFilter, payments_sum
from portal.security import requires

blueprint = Blueprint("exports", __name__, url_prefix="/exports")
_CONDITIONS = ("status", "method", "payer_id", "patient_id")


@dataclass(frozen=True)
class Entity:
    """What can be exported.

    Attributes:
        name: in the address.
        permission: wanted beside ``exports:create``: the one that shows the same rows on a page.
        query: its filters.
        document: makes the file's content of them.
        about: for the reference: a sentence, an empty line, and what else is to be known.
    """

    name: str
    permission: str
    query: type[Query]
    document: Callable[[Any, Reach], Document]
    about: str


def _compensation(query: PracticeQuery, here: Reach) -> Document:
    asked = work_asked(query, checked_months(range_asked(query, here)), here)
    found = compensation(here.marts, asked, here.business_date)
    rows = list(statements_stream(here.marts, asked))
    words = described(query, here, [("From", asked.months.start), ("To", asked.months.end)])
    return practice_documents.compensation_document(here.marts, found, rows, stamp(here), words)


def _cases(query: CasesQuery, here: Reach) -> Document:
    asked = cases_asked(query, range_asked(query, here), here)
    words = described(query, here, [("From", asked.months.start), ("To", asked.months.end)])
    return practice_documents.cases_document(here.marts, asked, cases_sum(here.marts, asked), stamp(here), words)


def _transactions(query: TransactionsQuery, here: Reach) -> Document:
    conditions = {name: value for name in _CONDITIONS if (value := getattr(query, name)) is not None}
    asked = PaymentFilter(range_asked(query, here), currency_of(query, here.currencies), conditions)
    words = described(query, here, [("From", asked.days.start), ("To", asked.days.end)])
    total = payments_sum(here.marts, asked)
    return practice_documents.transactions_document(here.marts, asked, total, stamp(here), words)


def _write_offs(query: WriteOffFilters, here: Reach) -> Document:
    asked = write_offs_asked(query, currency_of(query, here.currencies))
    return write_offs_document(here.marts, asked, stamp(here), described(query, here))


def _audit(query: AuditQuery, here: Reach) -> Document:
    audit = audit_asked(query, here)
    return audit_document(here.marts, evidence(audit, here), stamp(here), audit_words(audit, query, here))


ENTITIES = (
    Entity(
        "compensation", "compensation:read", PracticeQuery, _compensation,
        "Pay by month and provider, calculated beside stated, as CSV, XLSX or PDF.\n\n"
        "Months are whole, up to the business date. A provider's file holds the provider's own.",
    ),
    Entity(
        "cases", "compensation:read", CasesQuery, _cases,
        "Cases with everything their pay was calculated from, as CSV, XLSX or PDF.\n\n"
        "Of exactly these days, up to the business date; reversed cases are marked. A provider's file holds the provider's own.",
    ),
    Entity(
        "transactions", "patients:read", TransactionsQuery, _transactions,
        "Payments one by one, oldest first, as CSV, XLSX or PDF.\n\n"
        "They carry the ids of patients as long as their histories do, never a name.",
    ),
    Entity(
        "forecast", "forecast:read", ForecastQuery, forecast_asked.document,
        "Two years of what came and the forecast with its bands, as CSV, XLSX or PDF.\n\n"
        "Without any closed month it has no rows. A provider's file holds the provider's own compensation.",
    ),
    Entity(
        "audit", "compensation:read", AuditQuery, _audit,
        "The billing audit as evidence for the billing company, as CSV, XLSX or PDF.\n\n"
        "Sections expected_cases, billed_cases and discrepancies, with scores and reasons. A provider's file holds the own ones.",
    ),
    Entity(
        "write-offs", "financial-reports:read", WriteOffFilters, _write_offs,
        "Requests for write-offs and for taking them back, newest first, as CSV, XLSX or PDF.\n\n"
        "Without dates, all of one currency.",
    ),
    Entity(
        "tax-prep", "compensation:read", PracticeQuery, tax_prep,
        "What statements say for the taxes, as XLSX, CSV or PDF: sheets monthly_summary and ytd_totals.\n\n"
        "Months are whole; without days, those of the current year. The template tax_prep makes it as XLSX.",
    ),
    Entity(
        "monthly-summary", "compensation:read", MonthQuery, monthly_summary,
        "A month on a page, as PDF, XLSX or CSV: pay by provider, cases by procedure, the twelve months that end with it.\n\n"
        "Without a month, the newest that is over. The template monthly_summary makes it as PDF.",
    ),
    Entity(
        "workbook", "compensation:read", PracticeQuery, workbook,
        "Pay and cases as a workbook of the sheets Summary, Monthly breakdown, Transactions and Charts.\n\n"
        "Charts are the spreadsheet's own, so in XLSX alone; months are whole, without days those of the current year.",
    ),
)  # fmt: skip
BY_NAME = {entity.name: entity for entity in ENTITIES}


def _add(entity: Entity) -> None:
    def export(query: FieldsQuery, format: Format) -> Response:
        if format not in MEDIA_TYPES:
            abort(404)
        return unread(download(narrowed(entity.document(query, reach()), query.fields), format, entity.name))

    export.__name__, export.__doc__ = f"export_{entity.name.replace('-', '_')}", entity.about
    # What is checked before the view runs, and described.
    export.__annotations__["query"] = type(f"{entity.query.__name__}OfFields", (FieldsQuery, entity.query), {})
    view = requires("exports:create", entity.permission, fresh=True)(operation()(export))
    blueprint.add_url_rule(f"/{entity.name}/<format>", view_func=view)


for _entity in ENTITIES:
    _add(_entity)
