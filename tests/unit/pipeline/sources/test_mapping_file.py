"""A mapping that is wrong is refused with one sentence: the file, the path of the key, the remedy."""

# ruff: noqa: E501 (a mapping or a case stands on one line)

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pipeline.errors import MappingError
from pipeline.sources import find_mapping, load_mapping

_PAYMENTS = "  payments: {from: p, columns: {payment_id: a, payment_date: b, amount: c, status: {constant: paid}}}\n"
_INVOICES = "  invoices: {from: i, columns: {invoice_id: a, hospital_id: b, patient_id: c, invoice_date: d, total: e, status: f}}\n"


def _refusal(tmp_path: Path, text: str | bytes) -> str:
    path = tmp_path / "m.yml"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    with pytest.raises(MappingError) as error:
        load_mapping(path)
    message = str(error.value)
    assert message.startswith("Mapping ")
    assert "m.yml" in message
    assert "\n" not in message
    assert "Traceback" not in message
    return message


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("encodings: utf-8", "`encodings` is not a known key (did you mean `encoding`?); known here: "),
        ("tables: {invoices: {form: x}}", "`tables.invoices.form` is not a known key (did you mean `from`?)"),
        ("tables: {payments: {columns: {amount: {colum: x}}}}", "`tables.payments.columns.amount.colum` is not a known key (did you mean `column`?)"),
        ("tables: {payments: {join: {from: x, on: {a: b}, were: {}}}}", "`tables.payments.join.0.were` is not a known key (did you mean `where`?)"),
        ("tables: {payments: {aggregate: {bye: x, columns: {a: sum}}}}", "`tables.payments.aggregate.bye` is not a known key"),
        ("tables: {payments: {aggregate: {by: x, columns: {a: total}}}}", "`tables.payments.aggregate.columns.a`: input should be 'sum', 'min', 'max' or 'first' (found `total`)"),
        ("tables: {payments: {join: {on: {a: b}}}}", "`tables.payments.join.0.from` is missing; add it."),
        ("tables: {payments: {columns: {amount: {values: {a: b}}}}}", "`tables.payments.columns.amount`: needs one of `column`, `constant`, `compute`, and has none"),
        ("tables: {payments: {columns: {amount: {column: a, constant: b}}}}", "and has column and constant"),
        ("tables: {payments: {columns: {amount: {compute: a + b}}}}", "`a + b` is no computed date; write it as in `invoice_date + 30 days`"),
        ("tables: {payments: {from: x, rows: [{amount: 1}]}}", "has `rows` and `from`"),
        ("tables: {payments: {join: [{from: x.csv, on: {a: b}}, {from: x, on: {a: b}}]}}", "joins two files under one name"),
        ("encoding: utf-9", "`encoding`: `utf-9` is no known encoding"),
        ("encoding: base64", "`encoding`: `base64` is no known encoding"),
        ("separator: ';;'", "`separator`: string should have at most 1 character"),
        ("separator: '\"'\nquote: '\"'", "separator and quote are both"),
        ("decimal: ','\nthousands: ','", "decimal and thousands are both `,`"),
        ("date_formats: dd.mm.yyyy", "`date_formats`: `dd.mm.yyyy` is no date pattern"),
        ("date_formats: '%Q'", "`date_formats`: `%Q` is no date pattern that can be read"),
        ("date_formats: ['%d.%m.%Y', '%d.%m']", "`date_formats`: `%d.%m` does not say month and year"),
        ("thousands: '0'", "`thousands`: cannot be a digit, a letter or a sign"),
        ("thousands: '-'", "`thousands`: cannot be a digit, a letter or a sign"),
        ("timezone: localtime", "`timezone`: `localtime` is no time zone"),
        ("timezone: Mars/Base", "`timezone`: `Mars/Base` is no time zone"),
        ("name: 'my clinic'", "`name`: string should match pattern"),
        ("tables: {invoice: {from: x}}", "`tables.invoice` is no table of Daybook (did you mean `invoices`?)"),
        (f"tables:\n{_INVOICES}", "`tables.payments` is missing; say which file or table the payments are in"),
        (f"tables:\n{_INVOICES}{_PAYMENTS.replace('amount:', 'amuont:')}", "`tables.payments.columns.amuont` is no column of that table (did you mean `amount`?)"),
        (f"tables:\n{_PAYMENTS}{_INVOICES.replace(', total: e', '')}", "`tables.invoices.columns` does not fill total, which every row needs"),
        ("tables: {hospitals: {rows: [{hospital_id: 1}]}}", "`tables.hospitals.rows.0` does not fill name"),
        ("tables: {departments: {from: x, distinct: [town], columns: {department_id: a, hospital_id: b, name: c}}}", "`tables.departments.distinct` names `town`"),
        ("tables: {}", "`tables`: dictionary should have at least 1 item"),
        ("- a\n- b", "has no keys"),
        ("", "has no keys"),
        ("a: [1, 2", "line 1, column 9: "),
        ("name: a\nname: b", "line 2, column 1: the key `name` stands twice"),
        (b"name: \xff", "save it as plain UTF-8 text"),
        ("name: !!int abc", "line 1, column 7: could not determine a constructor"),
        ("name: !!timestamp x", "could not determine a constructor"),
        ("name: !!python/object:os.system x", "could not determine a constructor"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said(tmp_path: Path, text: str | bytes, said: str) -> None:
    assert said in _refusal(tmp_path, text)


def test_several_problems_are_counted(tmp_path: Path) -> None:
    assert "(1 more to correct after that.)" in _refusal(tmp_path, "nam: a\nencodin: b")


def test_scalars_stay_text(tmp_path: Path) -> None:
    path = tmp_path / "m.yml"
    path.write_text(
        f"tables:\n{_INVOICES}{_PAYMENTS}  hospitals: {{rows: [{{hospital_id: 007, name: yes, tax_rates: null}}]}}\n"
    )
    mapping = load_mapping(path)
    assert mapping.tables is not None
    assert mapping.tables["hospitals"][0].rows == [{"hospital_id": "007", "name": "yes", "tax_rates": None}]


def test_anchors_and_merge_keys_work(tmp_path: Path) -> None:
    path = tmp_path / "m.yml"
    path.write_text(f"tables:\n{_INVOICES}  payments: &p {{from: p}}\n  refunds: {{<<: *p, separator: tab}}\n")
    mapping = load_mapping(path)
    assert mapping.tables is not None
    assert (mapping.tables["refunds"][0].from_, mapping.tables["refunds"][0].separator) == (["p"], "\t")


def test_shipped_mappings_have_short_names() -> None:
    assert find_mapping("rcm_analytics").name == "rcm_analytics.yml"
    assert find_mapping(Path("synthea_ohdsi")).is_file()


def test_a_mapping_that_does_not_exist(tmp_path: Path) -> None:
    with pytest.raises(MappingError, match=r"no mapping file rcm_analytic \(did you mean `rcm_analytics`\?\)"):
        find_mapping("rcm_analytic")
    with pytest.raises(MappingError, match="no mapping file"):
        find_mapping(tmp_path)
    with pytest.raises(MappingError, match="cannot be read: File name too long"):
        find_mapping("m" * 5000)


def test_a_mapping_error_is_a_matter_of_usage() -> None:
    assert MappingError.exit_code == 2


def test_the_place_of_a_mistake_in_a_part_has_its_number(tmp_path: Path) -> None:
    path = tmp_path / "m.yml"
    for parts, said in (
        ("[{from: a}, {from: b, decimal: x}]", "`tables.refunds.1.decimal`"),
        ("{from: b, decimal: x}", "`tables.refunds.decimal`"),
        ("[{from: a}, {from: b, columns: {amount: a}}]", "`tables.refunds.1.columns` does not fill refund_id"),
        ("[]", "`tables.refunds`"),
    ):
        path.write_text(f"tables:\n{_INVOICES}  payments: {{from: p}}\n  refunds: {parts}\n")
        with pytest.raises(MappingError, match=re.escape(said)):
            load_mapping(path)
