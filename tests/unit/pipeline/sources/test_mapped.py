"""What a mapping makes of the files of a folder, column by column."""

# ruff: noqa: E501 (a mapping or a case stands on one line)

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.errors import MappingError, SourceError, UsageError
from pipeline.sources import open_source, preview
from pipeline.sources.base import ColumnFormat
from tests.unit.pipeline.sources.support import INVOICES, PAYMENTS, folder, rows, source

_INVOICES = "invoice_id: nr, hospital_id: {constant: H}, patient_id: who, invoice_date: sent, total: sum, status: {constant: issued}"
_PLAIN = "  payments: {from: payments}\n"


def _invoices(tmp_path: Path, text: str, more: str = "", columns: str = _INVOICES) -> list[dict[str, str | None]]:
    folder(tmp_path, bills=text)
    return rows(
        source(tmp_path, f"tables:\n{_PLAIN}  invoices: {{from: bills, columns: {{{columns}}}{more}}}\n"), "invoices"
    )


def test_without_a_mapping_names_are_canonical_and_other_columns_never_land(tmp_path: Path) -> None:
    folder(tmp_path, invoices=INVOICES.replace("status\n", "status,diagnosis\n").replace("issued\n", "issued,F32\n"))
    opened = source(tmp_path)
    assert opened.tables == ("invoices", "payments")
    assert "diagnosis" not in rows(opened, "invoices")[0]
    assert rows(opened, "payments") == [
        {"payment_id": "P1", "payment_date": "2024-01-06", "amount": "40.00", "status": "paid"}
    ]


def test_chunks_hold_text_with_file_and_lines(tmp_path: Path) -> None:
    folder(tmp_path, payments=PAYMENTS + "bad\nP2,,2,paid\n")
    (chunk,) = source(tmp_path).read("payments")
    assert set(map(str, chunk.frame.dtypes)) == {"object"}
    assert chunk.frame["payment_date"].tolist() == ["2024-01-06", None]
    assert (chunk.file, list(chunk.lines)) == ("payments.csv", [2, 4])
    assert [row.line for row in chunk.unreadable] == [3]


def test_a_table_without_rows_is_one_empty_chunk_with_its_columns(tmp_path: Path) -> None:
    folder(tmp_path, payments="payment_id,payment_date,amount,status\n")
    (chunk,) = source(tmp_path).read("payments")
    assert (len(chunk.frame), list(chunk.frame)) == (0, ["payment_id", "payment_date", "amount", "status"])


def test_renames_constants_value_maps_and_prefixes(tmp_path: Path) -> None:
    columns = (
        "invoice_id: {column: nr, prefix: A-}, hospital_id: {constant: H}, patient_id: who, invoice_date: sent, total: sum,"
        "status: {column: state, values: {P: paid, O: issued}}, payer_id: {column: payer, values: {SELF: null, '': X}},"
        "currency: {column: money, default: USD}, department_id: {column: dept, values: {c: CARD}, default: OTHER}"
    )
    text = "nr,who,sent,sum,state,payer,money,dept\n01,p,2024-01-05,1,P,SELF,EUR,c\n02,q,2024-01-06,2,new,,,z\n03,q,2024-01-06,2,O,I,,\n"
    found = _invoices(tmp_path, text, columns=columns)
    assert [row["invoice_id"] for row in found] == ["A-01", "A-02", "A-03"]
    assert [row["hospital_id"] for row in found] == ["H", "H", "H"]
    assert [row["status"] for row in found] == ["paid", "new", "issued"]
    assert [row["payer_id"] for row in found] == [None, "X", "I"]
    assert [row["currency"] for row in found] == ["EUR", "USD", "USD"]
    assert [row["department_id"] for row in found] == ["CARD", "OTHER", "OTHER"]


def test_a_column_that_counts_only_for_some_rows(tmp_path: Path) -> None:
    columns = f"{_INVOICES}, payer_id: {{column: payer, when: {{kind: [INS, GOV]}}}}"
    text = "nr,who,sent,sum,payer,kind\n1,p,2024-01-05,1,X,INS\n2,p,2024-01-05,1,Y,PAT\n3,p,2024-01-05,1,Z,GOV\n"
    assert [row["payer_id"] for row in _invoices(tmp_path, text, columns=columns)] == ["X", None, "Z"]


def test_due_dates_computed_from_the_invoice_date(tmp_path: Path) -> None:
    columns = f"{_INVOICES}, due_date: invoice_date + 30 days"
    text = "nr,who,sent,sum\n1,p,05.01.2024,1\n2,p,,1\n3,p,soon,1\n"
    folder(tmp_path, bills=text)
    opened = source(
        tmp_path, f"date_formats: '%d.%m.%Y'\ntables:\n{_PLAIN}  invoices: {{from: bills, columns: {{{columns}}}}}\n"
    )
    assert [row["due_date"] for row in rows(opened, "invoices")] == ["2024-02-04", None, None]
    assert opened.formats("invoices")["invoice_date"].date_formats == ("%d.%m.%Y",)
    assert opened.formats("invoices")["due_date"] == ColumnFormat()


def test_a_computed_date_as_default_is_written_like_its_column(tmp_path: Path) -> None:
    columns = f"{_INVOICES}, due_date: {{column: due, date_formats: '%d/%m/%Y', default: invoice_date + 1 day}}"
    found = _invoices(
        tmp_path, "nr,who,sent,sum,due\n1,p,2024-01-31,1,\n2,p,2024-01-31,1,09/02/2024\n", columns=columns
    )
    assert [row["due_date"] for row in found] == ["01/02/2024", "09/02/2024"]


def test_a_date_computed_from_a_source_column_that_is_not_mapped(tmp_path: Path) -> None:
    columns = f"{_INVOICES}, due_date: printed + 10 days"
    assert (
        _invoices(tmp_path, "nr,who,sent,sum,printed\n1,p,x,1,2024-01-01\n", columns=columns)[0]["due_date"]
        == "2024-01-11"
    )


def test_formats_come_from_the_nearest_level(tmp_path: Path) -> None:
    folder(tmp_path, bills="nr;who;sent;sum;tax;state\n")
    opened = source(
        tmp_path,
        "decimal: ','\nthousands: '.'\ntables:\n  payments: {from: payments, decimal: '.', thousands: ''}\n"
        f"  invoices: {{from: bills, separator: ';', columns: {{{_INVOICES}, tax: {{column: tax, decimal: '.', thousands: ''}}}}}}\n",
    )
    assert opened.formats("invoices")["total"] == ColumnFormat((), ",", ".")
    assert opened.formats("invoices")["tax"] == ColumnFormat()
    assert opened.formats("invoices")["status"] == ColumnFormat(), "a constant is ours, not written the source's way"
    assert opened.formats("payments")["amount"] == ColumnFormat()


def test_files_by_list_pattern_and_folder(tmp_path: Path) -> None:
    row = "invoice_id,hospital_id,patient_id,invoice_date,total,status\n{},H,P,2024-01-05,1,paid\n"
    folder(tmp_path, **{"a-1": row.format(1), "a-2": row.format(2), "b": row.format(3)})
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "c.csv").write_text(row.format(4))
    opened = source(tmp_path, f"tables:\n{_PLAIN}  invoices: {{from: ['a-*.csv', b, more]}}\n")
    assert [row["invoice_id"] for row in rows(opened, "invoices")] == ["1", "2", "3", "4"]
    assert {chunk.file for chunk in opened.read("invoices")} == {"a-1.csv", "a-2.csv", "b.csv", "more/c.csv"}


def test_inline_rows_and_the_default_time_zone(tmp_path: Path) -> None:
    folder(tmp_path)
    text = "timezone: America/New_York\ntables:\n  invoices: {from: invoices}\n" + _PLAIN
    text += "  hospitals: {rows: [{hospital_id: H1, name: One}, {hospital_id: H2, name: Two, timezone: UTC, currency: EUR}]}\n"
    opened = source(tmp_path, text)
    assert rows(opened, "hospitals") == [
        {"hospital_id": "H1", "name": "One", "timezone": "America/New_York", "currency": None},
        {"hospital_id": "H2", "name": "Two", "timezone": "UTC", "currency": "EUR"},
    ]
    assert next(iter(opened.read("hospitals"))).file == "Mapping mapping.yml"


def test_encoding_and_null_values_of_one_table(tmp_path: Path) -> None:
    found = _invoices(tmp_path, "nr,who,sent,sum\n1,-,2024-01-05,1\n", ", null_values: ['-']")
    assert found[0]["patient_id"] is None


def test_a_missing_required_file_is_named(tmp_path: Path) -> None:
    folder(tmp_path)
    (tmp_path / "payments.csv").rename(tmp_path / "paymnts.csv")
    with pytest.raises(SourceError, match=r"no file `payments` \(did you mean `paymnts.csv`\?\), which is required"):
        source(tmp_path)


def test_a_missing_required_column_is_named(tmp_path: Path) -> None:
    folder(tmp_path, payments=PAYMENTS.replace("amount", "Amount"))
    with pytest.raises(SourceError, match=r"payments\.csv has no column `amount` \(did you mean `Amount`\?\)"):
        source(tmp_path)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("invoices: {from: bils}", r"`tables.invoices.from` names `bils`, which the source does not have \(did you mean `bills.csv`"),
        (f"invoices: {{from: bills, columns: {{{_INVOICES.replace('sent', 'sentt')}}}}}", r"`tables.invoices.columns.invoice_date` refers to the column `sentt`, which bills.csv does not have \(did you mean `sent`\?\)"),
        (f"invoices: {{from: bills, where: {{kind: X}}, columns: {{{_INVOICES}}}}}", r"`tables.invoices.where` refers to the column `kind`"),
        (f"invoices: {{from: bills, join: {{from: payments, on: {{nr: id}}}}, columns: {{{_INVOICES}}}}}", r"`tables.invoices.join.0` refers to the column `id`, which payments.csv"),
        (f"invoices: {{from: bills, join: {{from: payments, on: {{nnr: payment_id}}}}, columns: {{{_INVOICES}}}}}", r"`tables.invoices.join.0.on` refers to the column `nnr`"),
        (f"invoices: {{from: bills, aggregate: {{by: nr, columns: {{sum: sum}}}}, columns: {{{_INVOICES}}}}}", r"`tables.invoices.columns.patient_id` refers to `who`, which the aggregate does not keep; add `who: first`"),
        (f"invoices: {{from: bills, columns: {{{_INVOICES}, due_date: billed_at + 3 days, billed_at: due_date + 1 day}}}}", "which is computed itself"),
    ],
)  # fmt: skip
def test_what_the_source_does_not_have_is_named(tmp_path: Path, text: str, said: str) -> None:
    folder(tmp_path, bills="nr,who,sent,sum\n1,p,2024-01-05,1\n")
    with pytest.raises(MappingError, match=said):
        source(tmp_path, f"tables:\n{_PLAIN}  {text}\n")


def test_two_files_of_one_name_are_ambiguous(tmp_path: Path) -> None:
    folder(tmp_path, **{"invoices.csv.gz": b""})
    with pytest.raises(SourceError, match="which one is `invoices`"):
        source(tmp_path)


@pytest.mark.parametrize(
    ("location", "said"), [("nowhere", "does not exist"), ("empty", "has no .csv"), ("invoices.csv", "is a file")]
)
def test_a_location_that_is_no_folder_of_data(tmp_path: Path, location: str, said: str) -> None:
    folder(tmp_path)
    (tmp_path / "empty").mkdir()
    with pytest.raises(SourceError, match=said):
        open_source("test", str(tmp_path / location))


def test_a_file_of_an_earlier_table_that_changes_is_noticed_at_the_next(tmp_path: Path) -> None:
    opened = source(folder(tmp_path))
    assert rows(opened, "invoices")
    (tmp_path / "invoices.csv").write_text(INVOICES * 2)
    with pytest.raises(SourceError, match=r"invoices\.csv changed while it was being read"):
        rows(opened, "payments")


def test_names_of_sources(tmp_path: Path) -> None:
    home = folder(tmp_path)
    mapping = home / "m.yml"
    mapping.write_text("name: north\nencoding: utf-8\n")
    assert open_source(None, str(home), mapping).name == "north"
    assert open_source("south", str(home), mapping).name == "south"
    assert open_source(None, str(home)).name == home.name
    with pytest.raises(UsageError, match=r"cannot be the name of a source"):
        open_source("a|b", str(home))


def test_the_description_says_what_was_found(tmp_path: Path) -> None:
    opened = source(folder(tmp_path))
    found = opened.describe()
    assert found["location"] == str(tmp_path)
    assert found["mapping"] is None
    assert found["found"] == [
        {"file": "invoices.csv", "bytes": len(INVOICES)},
        {"file": "payments.csv", "bytes": len(PAYMENTS)},
    ]


def test_a_preview_says_what_feeds_what_and_hides_people(tmp_path: Path) -> None:
    folder(tmp_path, people="nr,name,born\n1,Ada,\n2,Bo,2000-01-01\n")
    opened = source(
        tmp_path,
        f"tables:\n{_PLAIN}  invoices: {{from: invoices}}\n  patients: {{from: people, columns: {{patient_id: {{column: nr, prefix: N}},"
        " hospital_id: {constant: H}, last_name: name, date_of_birth: born}}\n",
    )
    shown = preview(opened, "patients", 1)
    assert shown.files == ("people.csv",)
    assert shown.columns["patient_id"] == "nr, after `N`"
    assert shown.columns["hospital_id"] == "always `H`"
    assert shown.rows == ({"patient_id": "N1", "hospital_id": "H", "last_name": "(hidden)", "date_of_birth": None},)
