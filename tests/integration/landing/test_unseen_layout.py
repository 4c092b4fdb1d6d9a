"""One mapping with everything that a layout nobody has seen may hold, from the bytes of files to typed rows in the warehouse."""

from __future__ import annotations

import gzip
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from pipeline import landing
from pipeline.errors import MappingError, SourceError
from pipeline.landing import TableCount
from pipeline.sources import open_source
from tests.integration.landing.world import KEYS, Warehouse

# Old bills: cp1252, semicolons, single quotes, two ways to write a date. New ones: UTF-8 with a mark, tabs. South: another.
_OLD = (
    "Nr;Pat;Datum;Fällig;Brutto;Stand;Art\n'0071';p1;'03.05.2025';;'1.234,56';O;R\n0072;'p;2';20250528;11.06.2025;-;X;R\n"
    "0099;p1;03.05.2025;;5,00;O;proforma\n"
)
_NEW = "Nr\tPat\tDatum\tFällig\tBrutto\tStand\tArt\n0073\tp1\t30.05.2025\t\t99,10\tP\tR\n"
_SOUTH = "id,mrn,day,amount,state,kind\n0071,s1,05/04/25,80.00,open,R\n"
_VISITS = "visit,bill,doctor\nv1,0071,d7\nv2, 0072 ,d8\n"
_RECEIPTS = (
    "no,bill,day,sum,type\n1,0071,2025-05-10,1000.00,CASH\n2,0073,2025-06-02,99.10,BANK\n3,0073,2025-06-02,1.00,NOTE\n"
)
_NORTH_COLUMNS = """{
        invoice_id: {column: Nr, prefix: N-}, hospital_id: {constant: NORTH}, patient_id: Pat, invoice_date: Datum,
        due_date: {column: Fällig, default: invoice_date + 30 days}, total: {column: Brutto, default: "0"},
        status: {column: Stand, values: {O: issued, P: paid, X: cancelled}}, provider_id: visits.doctor}"""
_MAPPING = f"""
name: clinics
date_formats: ["%d.%m.%Y", "%Y%m%d"]
decimal: ","
thousands: "."
null_values: "-"
tables:
  hospitals:
    rows:
      - {{hospital_id: NORTH, name: North, timezone: Europe/Vienna, currency: EUR}}
      - {{hospital_id: SOUTH, name: South, timezone: America/New_York}}
  invoices:
    - from: ["bills_1*.csv"]
      encoding: cp1252
      separator: ";"
      quote: "'"
      where: {{Art: R}}
      join: &visits {{from: visits.csv, on: {{Nr: bill}}, separator: ",", encoding: utf-8}}
      columns: &north {_NORTH_COLUMNS}
    - from: bills_20.csv.gz
      separator: tab
      where: {{Art: R}}
      join: *visits
      columns: *north
    - from: south/export
      date_formats: "%m/%d/%y"
      decimal: "."
      thousands: ""
      columns: {{invoice_id: id, hospital_id: {{constant: SOUTH}}, patient_id: mrn, invoice_date: day, total: amount,
        status: {{column: state, values: {{open: issued}}}}}}
  payments:
    from: receipts.csv
    where: {{type: [CASH, BANK]}}
    date_formats: "%Y-%m-%d"
    decimal: "."
    thousands: ""
    columns: {{payment_id: no, invoice_id: {{column: bill, prefix: N-}}, payment_date: day, amount: sum,
      status: {{constant: paid}}, method: type}}
"""


@pytest.fixture
def clinics(tmp_path: Path) -> Path:
    """The files of two clinics."""
    (tmp_path / "south").mkdir()
    (tmp_path / "bills_19.csv").write_bytes(_OLD.replace(";Art\n", ";Art\r\n").encode("cp1252"))
    (tmp_path / "bills_20.csv.gz").write_bytes(gzip.compress(_NEW.encode("utf-8-sig")))
    (tmp_path / "south" / "export.csv").write_text(_SOUTH)
    (tmp_path / "receipts.csv").write_text(_RECEIPTS)
    (tmp_path / "visits.csv").write_text(_VISITS)
    (tmp_path / "m.yml").write_text(_MAPPING)
    return tmp_path


def _publish(warehouse: Warehouse, folder: Path, name: str = "clinics") -> dict[str, TableCount]:
    warehouse.run = warehouse.start(date(2025, 7, 1))
    with open_source(name, str(folder), folder / "m.yml") as source:
        counts = landing.land_source(warehouse.connection, source, warehouse.run, KEYS)
    warehouse.accept()
    return {count.table_name: count for count in counts}


def _invoices(warehouse: Warehouse) -> list[tuple[object, ...]]:
    return warehouse.all(
        "select source_name, hospital_id, invoice_id, patient_id, invoice_date, due_date, total, status, currency, provider_id"
        " from raw.invoices where known_to is null and not is_deleted order by 1, 2, 3"
    )


def test_every_row_lands_as_it_was_meant(warehouse: Warehouse, clinics: Path):
    counts = _publish(warehouse, clinics)
    north, south = ("clinics", "NORTH"), ("clinics", "SOUTH")
    assert _invoices(warehouse) == [
        (*north, "N-0071", "p1", date(2025, 5, 3), date(2025, 6, 2), Decimal("1234.560"), "issued", "EUR", "d7"),
        (*north, "N-0072", "p;2", date(2025, 5, 28), date(2025, 6, 11), Decimal("0.000"), "cancelled", "EUR", "d8"),
        (*north, "N-0073", "p1", date(2025, 5, 30), date(2025, 6, 29), Decimal("99.100"), "paid", "EUR", None),
        (*south, "0071", "s1", date(2025, 5, 4), None, Decimal("80.000"), "issued", "USD", None),
    ]
    payments = warehouse.all("select payment_id, hospital_id, amount, method from raw.payments order by 1")
    assert payments == [("1", "NORTH", Decimal("1000.000"), "CASH"), ("2", "NORTH", Decimal("99.100"), "BANK")]
    assert (counts["invoices"].rows_read, counts["invoices"].rows_quarantined) == (4, 0)


def test_the_same_ids_of_another_source_are_other_rows_and_deletions_stay_within_a_source(
    warehouse: Warehouse, clinics: Path
):
    _publish(warehouse, clinics)
    _publish(warehouse, clinics, "second")
    assert len(_invoices(warehouse)) == 8
    (clinics / "south" / "export.csv").write_text(_SOUTH.splitlines()[0] + "\n")
    assert _publish(warehouse, clinics, "second")["invoices"].rows_deleted == 1
    assert [(row[0], row[1]) for row in _invoices(warehouse)].count(("clinics", "SOUTH")) == 1
    assert [(row[0], row[1]) for row in _invoices(warehouse)].count(("second", "SOUTH")) == 0


def test_a_part_that_vanished_is_refused_instead_of_deleting_its_rows(warehouse: Warehouse, clinics: Path):
    _publish(warehouse, clinics)
    (clinics / "bills_20.csv.gz").unlink()
    with pytest.raises(MappingError, match=r"names `bills_20.csv.gz`, which the source does not have"):
        _publish(warehouse, clinics)
    assert len(_invoices(warehouse)) == 4


def test_an_optional_table_that_vanished_from_the_mapping_halts(warehouse: Warehouse, clinics: Path):
    _publish(warehouse, clinics)
    text = (clinics / "m.yml").read_text()
    (clinics / "m.yml").write_text(text[: text.index("  hospitals:")] + text[text.index("  invoices:") :])
    with pytest.raises(SourceError, match="no longer delivers hospitals"):
        _publish(warehouse, clinics)
