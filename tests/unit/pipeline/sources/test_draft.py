"""Drafted mappings: right where names and values say so, and plain about what they do not."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import MappingError
from pipeline.sources import open_source
from pipeline.sources.draft import Draft, draft_mapping, formats
from pipeline.sources.mapping import Mapping
from pipeline.sources.mapping_file import load_mapping
from scripts.fuzzing.trial import broken_folder
from tests.unit.pipeline.sources.support import folder, rows

_SHARED = Path(__file__).resolve().parents[5] / "shared" / "data"
_BILLS = (
    "Rechnungsnummer;MRN;Date Billed;Due;Gross;State;Notes\n"
    "0007;P-1;03.05.2025;17.05.2025;1.234,56;open;Zoë Brzęk\n"
    "0008;P-2;28.05.2025;11.06.2025;80,00;storno;x\n"
    "0009;P-2;30.05.2025;;999,10;under review;x\n"
)
_RECEIPTS = (
    "Receipt No;Bill No;Paid On;Amount Paid;Tender\nR1;0007;04.05.2025;1.000,00;card\nR2;0008;29.05.2025;5,50;cash\n"
)


def _load(path: Path, draft: Draft) -> Mapping:
    file = path / "draft.yml"
    file.write_text(draft.text, encoding="utf-8")
    return load_mapping(file)


def _odd_clinic(path: Path) -> Path:
    (path / "bills_2025.csv").write_bytes(_BILLS.replace("Brzęk", "Brück").encode("cp1252"))
    (path / "receipts.csv").write_bytes(_RECEIPTS.encode("cp1252"))
    return path


def test_a_canonical_layout_is_drafted_as_it_is(tmp_path: Path):
    folder(tmp_path, hospitals="hospital_id,name\nH1,North\n")
    draft = draft_mapping(str(tmp_path))
    assert (draft.tables, draft.to_fill) == (("hospitals", "invoices", "payments"), ())
    _load(tmp_path, draft)
    with open_source("a", str(tmp_path)) as plain, open_source("a", str(tmp_path), tmp_path / "draft.yml") as mapped:
        assert plain.tables == mapped.tables
        for table in plain.tables:
            assert rows(mapped, table) == rows(plain, table)


def test_an_odd_layout_is_read_by_its_draft_as_it_is_meant(tmp_path: Path):
    draft = draft_mapping(str(_odd_clinic(tmp_path)))
    assert _load(tmp_path, draft).encoding == "cp1252"
    with open_source("a", str(tmp_path), tmp_path / "draft.yml") as source:
        assert [row["invoice_id"] for row in rows(source, "invoices")] == ["0007", "0008", "0009"]
        first = rows(source, "invoices")[0]
        assert first == {
            "invoice_id": "0007", "hospital_id": "MAIN", "patient_id": "P-1", "invoice_date": "03.05.2025",
            "due_date": "17.05.2025", "total": "1.234,56", "status": "issued",
        }  # fmt: skip
        forms = source.formats("invoices")
        assert (forms["total"].decimal, forms["total"].thousands) == (",", ".")
        assert forms["invoice_date"].date_formats == ("%d.%m.%Y",)
        assert rows(source, "payments")[0]["invoice_id"] == "0007"


def test_what_is_guessed_and_what_is_missing_is_said(tmp_path: Path):
    draft = draft_mapping(str(_odd_clinic(tmp_path)))
    assert draft.to_fill == ("invoices.status",)
    status = next(line for line in draft.text.splitlines() if line.strip().startswith("status: {column"))
    assert "values: {open: issued, storno: cancelled}" in status
    assert "FILL IN under values what this means, or its rows are rejected: under review" in status
    assert "status: {constant: paid}  # check: no column says so" in draft.text
    assert "encoding: cp1252  # check: not UTF-8" in draft.text
    assert draft.to_check >= 5


def test_a_required_column_that_nothing_fits_is_left_to_a_person(tmp_path: Path):
    folder(
        tmp_path,
        invoices="invoice_id,hospital_id,patient_id,opened,closed,total,status\n1,H,P,2025-01-01,2025-01-02,5,paid\n",
    )
    draft = draft_mapping(str(tmp_path))
    assert draft.to_fill == ("invoices.invoice_date",)
    assert "# invoice_date:  # FILL IN: one of opened, closed" in draft.text


def test_the_only_column_of_dates_is_taken_with_a_question(tmp_path: Path):
    folder(tmp_path, invoices="invoice_id,hospital_id,patient_id,opened,total,status\n1,H,P,2025-01-01,5,paid\n")
    draft = draft_mapping(str(tmp_path))
    assert "invoice_date: opened  # check: the only column left that holds dates" in draft.text
    assert draft.to_fill == ()


def test_an_optional_table_that_lacks_something_is_a_remark(tmp_path: Path):
    folder(tmp_path, departments="department_id,hospital_id\nD,H1\n")
    draft = draft_mapping(str(tmp_path))
    assert "departments" not in draft.tables
    assert "  # departments:" in draft.text.splitlines()
    assert "departments" not in (_load(tmp_path, draft).tables or {})


def test_several_hospitals_and_no_column_for_them_is_left_to_a_person(tmp_path: Path):
    bills = "invoice_id,patient_id,invoice_date,total,status\n1,P,2025-01-01,5,paid\n"
    folder(tmp_path, invoices=bills, hospitals="hospital_id,name\nH1,North\nH2,South\n")
    draft = draft_mapping(str(tmp_path))
    assert draft.to_fill == ("invoices.hospital_id",)
    assert "FILL IN: no column names the hospital; a column of a join, or a constant: H1, H2" in draft.text
    (tmp_path / "hospitals.csv").write_text("hospital_id,name\nH1,North\n")
    assert "hospital_id: {constant: H1}" in draft_mapping(str(tmp_path)).text


def test_parts_of_one_table_are_one_pattern(tmp_path: Path):
    for year in (2023, 2024):
        (tmp_path / f"bills_{year}.csv").write_text(
            f"invoice_id,hospital_id,patient_id,invoice_date,total,status\n{year},H,P,{year}-01-01,5,paid\n"
        )
    (tmp_path / "payments.csv").write_text("payment_id,payment_date,amount,status\n1,2024-01-01,5,paid\n")
    _load(tmp_path, draft_mapping(str(tmp_path)))
    with open_source("a", str(tmp_path), tmp_path / "draft.yml") as source:
        assert [row["invoice_id"] for row in rows(source, "invoices")] == ["2023", "2024"]


def test_a_database_is_drafted_too(tmp_path: Path):
    with sqlite3.connect(tmp_path / "c.db") as connection:
        connection.executescript(
            "create table bill (bill_no integer, clinic text, patient text, billed_on text, gross numeric, state text);"
            "insert into bill values (7, 'H1', 'P1', '2025-01-31', 5.5, 'open');"
            "create table receipt (receipt_no text, bill_no integer, paid_on text, amount numeric);"
            "insert into receipt values ('R1', 7, '2025-02-01', 5.5);"
        )
    url = f"sqlite:///{tmp_path / 'c.db'}"
    draft = draft_mapping(url)
    assert draft.to_fill == ()
    _load(tmp_path, draft)
    with open_source("a", url, tmp_path / "draft.yml") as source:
        assert rows(source, "invoices")[0]["status"] == "issued"
        assert rows(source, "payments")[0]["invoice_id"] == "7"


def test_no_name_of_a_person_gets_into_a_draft(tmp_path: Path):
    people = "patient_id,hospital_id,first_name,last_name,dob,ssn,state\n" + "".join(
        f"P{n},H1,Zofia{n},Secret{n},0{n % 9 + 1}/0{n % 8 + 1}/1950,123-45-678{n % 10},Confidential{n}\n"
        for n in range(40)
    )
    folder(tmp_path, patients=people, invoices=people.replace("patient_id", "invoice_id").replace("ssn", "status"))
    text = draft_mapping(str(tmp_path)).text
    assert not any(secret in text for secret in ("Zofia", "Secret", "1950", "123-45", "Confidential"))


@pytest.mark.parametrize(
    ("values", "patterns", "doubts"),
    [
        (["2025-01-31", "2025-01-31T10:00:00Z"], (), 0),
        (["31/01/2025", "01/02/2025"], ("%d/%m/%Y",), 0),
        (["01/31/25"], ("%m/%d/%y",), 0),
        (["01/02/2025"], ("%m/%d/%Y",), 1),
        (["20250131", "31.01.2025"], ("%Y%m%d", "%d.%m.%Y"), 0),
        (["31-Jan-2025 10:15"], ("%d-%b-%Y %H:%M",), 0),
    ],
)
def test_dates_are_recognised(values: list[str], patterns: tuple[str, ...], doubts: int):
    written = formats.dates(values)
    assert written is not None
    assert (written.form.date_formats, len(written.doubts)) == (patterns, doubts)


@pytest.mark.parametrize("values", [["1", "2"], ["H1"], ["1234.50"], ["99999999"]])
def test_what_is_no_date_is_none(values: list[str]):
    assert formats.dates(values) is None


@pytest.mark.parametrize(
    ("values", "form", "doubts"),
    [
        (["1.50", "2"], (".", ""), 0),
        (["1,234.50", "2.00"], (".", ","), 0),
        (["1.234,50", "2,00"], (",", "."), 0),
        (["1 234,50"], (",", " "), 0),
        (["1'234.50"], (".", "'"), 0),
        (["1,234"], (".", ","), 1),
    ],
)
def test_amounts_are_recognised(values: list[str], form: tuple[str, str], doubts: int):
    written = formats.amounts(values)
    assert written is not None
    assert ((written.form.decimal, written.form.thousands), len(written.doubts)) == (form, doubts)


@pytest.mark.skipif(not _SHARED.is_dir(), reason="the public data sets are not beside the project")
@pytest.mark.parametrize(
    ("name", "to_fill"),
    [
        ("rcm_analytics", {"invoices.status", "adjustments.kind"}),
        ("synthea_ohdsi", {"invoices.hospital_id", "invoices.total", "payments.payment_date"}),
    ],
)
def test_public_data_sets_are_drafted_as_far_as_their_names_go(name: str, to_fill: set[str]):
    draft = draft_mapping(str(_SHARED / name))
    assert set(draft.to_fill) == to_fill
    assert {"providers", "payers", "invoices", "payments"} <= set(draft.tables)


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 10**9))
def test_whatever_a_source_holds_its_draft_is_yaml(seed: int):
    with TemporaryDirectory() as home:
        broken_folder(Path(home) / "files", Random(seed), is_whole=True)
        draft = draft_mapping(str(Path(home) / "files"))
        (Path(home) / "m.yml").write_text(draft.text, encoding="utf-8")
        said = ""
        try:
            load_mapping(Path(home) / "m.yml")
        except MappingError as error:
            said = str(error)
    # What is to be filled in is missing, and nothing else is wrong with it.
    assert not said or draft.to_fill, said
    assert not said or any(part in said for part in ("does not fill", "is missing", "`tables`")), said
