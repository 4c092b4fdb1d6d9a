"""What a mart may say about a patient: an allowed list of columns for each mart that carries a patient id."""

from __future__ import annotations

import re

import pytest

from tests.warehouse.dbt.conftest import Built

pytestmark = pytest.mark.xdist_group("dbt")

ALLOWED = {
    "dim_patients": "patient_key hospital_id patient_id birth_year",
    "patient_payment_history": """id hospital_id patient_id payment_id payment_date amount payment_status method invoice_id
        currency created_at""",
    "rpt_patient_accounts": """account_key hospital_id patient_id currency birth_year last_visit_date last_payment_date
        open_balance credit_balance invoice_count""",
}
_PERSONAL = re.compile(r"name$|ssn|phone|mail|address|birth_date|date_of_birth|gender|reason|note")
_MEDICAL = re.compile(
    r"cpt|icd|denial|diagnos|speciali[sz]ation|specialty|procedure|ticket|modifier|minutes|base_units|appointment_id|charge"
)
_CHARGES = re.compile(r"^(ticket_number|charge_id|charge_key|cpt_code)$")


def _columns(built: Built) -> dict[str, set[str]]:
    query = """
        select table_name, array_agg(column_name::text) from information_schema.columns
        where table_schema = 'candidate' group by 1
    """
    return {mart: set(columns) for mart, columns in built.rows(query)}


@pytest.mark.parametrize("mart", ALLOWED)
def test_a_mart_of_patients_has_exactly_its_columns(built: Built, mart: str):
    assert _columns(built)[mart] == set(ALLOWED[mart].split())


def test_no_mart_with_a_patient_says_anything_medical_or_personal(built: Built):
    of_patients = {mart: columns for mart, columns in _columns(built).items() if "patient_id" in columns}
    assert len(of_patients) >= 7
    source_names = {"source_name"}
    found = {
        mart: sorted(c for c in columns - source_names if _MEDICAL.search(c) or _PERSONAL.search(c))
        for mart, columns in of_patients.items()
    }
    assert {mart: columns for mart, columns in found.items() if columns} == {}


def test_facts_about_charges_carry_no_patient(built: Built):
    of_charges = {mart: columns for mart, columns in _columns(built).items() if any(map(_CHARGES.match, columns))}
    assert not [mart for mart, columns in of_charges.items() if {"patient_id", "patient_key", "birth_year"} & columns]


@pytest.mark.parametrize(
    "column", ["cpt_code", "denial_code", "primary_diagnosis", "specialization", "ticket_number", "modifiers"]
)
def test_what_is_medical_would_be_found(column: str):
    assert _MEDICAL.search(column)


@pytest.mark.parametrize("column", ["last_name", "ssn", "phone", "email", "address", "date_of_birth", "reason"])
def test_what_is_personal_would_be_found(column: str):
    assert _PERSONAL.search(column)
