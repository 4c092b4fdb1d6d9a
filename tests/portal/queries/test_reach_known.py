"""What is in reach of a reader, patients and their payments, and definitions, on the hand-checked world."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import Connection

from portal.queries import definitions, metrics, scope, sql
from portal.queries.lineage import lineage
from portal.queries.patients import (
    HistoryFilter,
    HistorySum,
    PatientRef,
    account_currencies,
    credit_balance,
    described,
    history_currencies,
    history_page,
    history_start,
    history_stream,
    history_sum,
    hospitals_of,
    identified,
    matching,
)
from portal.queries.search import find
from warehouse import identity
from warehouse.settings import load_secrets

Marts = Callable[[str], Connection]
P01 = PatientRef("H1", "P01")
BIRTH_DAY = date(1950, 2, 3)


@dataclass(frozen=True)
class Number:
    """A row with a number."""

    number: int


@pytest.fixture
def connection(marts: Marts) -> Connection:
    """The live build, for both hospitals."""
    return marts("H1,H2")


def test_hospitals_and_their_currencies(connection: Connection, marts: Marts) -> None:
    found = scope.hospitals(connection)
    assert [(one.hospital_id, one.name, one.currency, one.business_date) for one in found] == [
        ("H1", "Hudson Clinic", "USD", date(2026, 3, 31)), ("H2", "Spree Klinik", "EUR", date(2026, 3, 31)),
    ]  # fmt: skip
    assert scope.currencies(connection) == ("EUR", "USD")
    assert scope.currencies(marts("H2")) == ("EUR",)


def test_choices_of_filters(connection: Connection, marts: Marts) -> None:
    assert [one.id for one in scope.choices(connection, "department")] == ["CARD", "LAB"]
    assert [one.id for one in scope.choices(connection, "provider")] == ["D3", "D1", "D2"]
    assert [one.name for one in scope.choices(connection, "payer")] == ["AOK", "Self"]
    assert scope.choices(marts("H2"), "department") == []
    assert scope.exists(connection, "department", "LAB") and scope.exists(connection, "payer", "unattributed")
    assert not scope.exists(connection, "department", "D1") and not scope.exists(marts("H2"), "department", "LAB")


@pytest.mark.parametrize(
    ("basis", "currency", "day"),
    [
        ("collected", "USD", date(2026, 3, 10)),  # Y12
        ("billed", "USD", date(2026, 3, 30)),  # I09
        ("collected", "EUR", date(2026, 2, 25)),  # Y14
        ("billed", "CHF", None),
    ],
)
def test_the_newest_day_with_anything(basis: str, currency: str, day: date | None, connection: Connection) -> None:
    assert scope.last_activity(connection, basis, currency) == day


def test_a_patient_by_id_and_by_invoice(connection: Connection) -> None:
    assert matching(connection, "P01") == [P01, PatientRef("H2", "P01")]
    assert matching(connection, "I13") == [PatientRef("H2", "P12")]
    assert matching(connection, "I99") == []
    assert hospitals_of(connection, "P01") == ["H1", "H2"]
    assert hospitals_of(connection, "P12") == ["H2"]


def test_a_patient_by_who_it_is(connection: Connection) -> None:
    key = load_secrets().search_key
    born = [("birth_date", identity.query_token("birth_date", BIRTH_DAY.isoformat(), key))]
    assert identified(connection, born, ["H1", "H2"]) == [P01]
    assert identified(connection, born, ["H2"]) == []
    assert [row.patient_id for row in find(connection, "Maria", ["H1"], key).patients] == ["P01", "P20"]
    assert [row.hospital_id for row in find(connection, "maria lopez", ["H1", "H2"], key).patients] == ["H1", "H2"]
    assert find(connection, "Nobody", ["H1", "H2"], key).patients == ()


def test_what_tells_patients_apart(connection: Connection) -> None:
    found = {row.patient_id: row for row in described(connection, [P01, PatientRef("H1", "P10")])}
    # I01 60 of 100, paid on 20 January; I10 340 and I11 100.
    assert found["P01"].balances == [("USD", 60)] and found["P10"].open_balance("USD") == 440
    assert (found["P01"].birth_year, found["P01"].last_payment_date) == (1950, date(2026, 1, 20))


def test_currencies_and_credits_of_a_patient(connection: Connection) -> None:
    assert history_currencies(connection, P01) == ("USD",)
    assert history_currencies(connection, PatientRef("H2", "P01")) == ()  # billed, never paid
    assert account_currencies(connection, PatientRef("H2", "P01")) == ("EUR",)
    assert credit_balance(connection, PatientRef("H1", "P05"), "USD") == 150
    assert credit_balance(connection, PatientRef("H1", "P05"), "EUR") == 0


def test_payments_of_a_patient(connection: Connection) -> None:
    asked = HistoryFilter("USD", "P01", "H1")
    rows = list(history_stream(connection, asked))
    assert [(row.payment_id, row.amount, row.payment_status) for row in rows] == [
        ("Y01", 40, "paid"), ("Y21", 11, "pending"), ("Y22", 12, "failed"),
    ]  # fmt: skip
    assert history_sum(connection, asked) == HistorySum(3, Decimal(40), date(2026, 1, 20), date(2026, 1, 22))
    assert history_page(connection, asked, page=2, limit=2) == rows[2:]
    # All of H1's: 13, of which Y21 and Y22 brought nothing.
    assert history_sum(connection, HistoryFilter("USD", hospital_id="H1")).received == 955


def test_the_day_from_which_payments_are_complete(connection: Connection) -> None:
    assert history_start(connection, "H1") == date(2025, 3, 31)
    assert history_start(connection, "H9") is None


def test_definitions_in_the_order_asked_for(connection: Connection) -> None:
    found = definitions.definitions(connection, ["outstanding", "no_such_figure", "total_revenue"])
    assert [(one.metric, one.label, one.unit) for one in found] == [
        ("outstanding", "Outstanding", "money"), ("total_revenue", "Total revenue", "money"),
    ]  # fmt: skip
    assert found[1].formula == "Sum of payments received, by payment date"


def test_every_definition_of_the_build(connection: Connection) -> None:
    found = {one.metric: one for one in metrics.definitions(connection)}
    assert list(found) == sorted(found)
    assert (found["outstanding"].label, found["outstanding"].model) == ("Outstanding", "outstanding_payments")


def test_what_a_mart_is_made_from(connection: Connection) -> None:
    """As the models say: departments are those delivered, and those that invoices, appointments and doctors name."""
    found = {step.model: (step.layer, step.reads) for step in lineage(connection, ["dim_departments"])}
    named = ["appointments", "departments", "invoices", "providers"]
    assert found["dim_departments"] == ("marts", ["int_departments"])
    assert sorted(found["int_departments"][1]) == [f"stg_{name}" for name in named]
    assert found["raw.departments"] == ("source", [])
    assert {f"raw.{name}" for name in named} < set(found)
    assert not {"raw.payments", "raw.charges"} & set(found)


def test_how_queries_run(connection: Connection) -> None:
    numbers = "select generate_series(:first, 5000) as number"
    assert sql.rows(connection, numbers, {"first": 4999}, Number) == [Number(4999), Number(5000)]
    streamed = [row.number for row in sql.stream(connection, numbers, {"first": 1}, Number)]
    assert streamed == list(range(1, 5001))  # more than are fetched at once
    assert sql.one(connection, "select cast(:first as int) + 1 as number", {"first": 4}, Number) == Number(5)
    assert sql.values(connection, numbers, first=4998) == [4998, 4999, 5000]
