"""``flask --app portal export``: files of templates and entities under a user's rights, and a sentence for what it refuses."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import openpyxl
import pypdf
import pytest
from click.testing import Result
from flask import Flask
from flask.testing import FlaskClient

from tests.portal import world
from warehouse.engine import connect

YEAR = ("--from", "2026-01-01", "--to", "2026-12-31")
Run = Callable[..., Result]


@pytest.fixture
def run(reports_app: Flask, client: Callable[[str], FlaskClient], tmp_path: Path) -> Run:
    """Run the command for a user: ``run("provider", "--template", "tax_prep")`` writes ``file``."""

    def command(user: str, *words: str, output: Path = tmp_path / "file") -> Result:
        args = ["export", "--user", f"{user}@clinic.org", *words, "--output", str(output)]
        return reports_app.test_cli_runner().invoke(args=args)

    return command


@pytest.fixture
def log() -> Callable[[], dict[str, Any]]:
    """Return the newest line of the log of exports."""

    def newest() -> dict[str, Any]:
        with connect("owner") as connection:
            cursor = connection.execute("select * from portal.export_log order by id desc limit 1")
            names = [column.name for column in cursor.description or ()]
            row = cursor.fetchone()
            assert row is not None
            return dict(zip(names, row, strict=True))

    return newest


def _book(path: Path) -> openpyxl.Workbook:
    return openpyxl.load_workbook(io.BytesIO(path.read_bytes()))


def _sheet(path: Path, title: str) -> list[tuple[Any, ...]]:
    return [tuple(cell.value for cell in row) for row in _book(path)[title].iter_rows()]


def test_tax_prep_has_what_statements_say_by_month_and_year(run: Run, tmp_path: Path) -> None:
    result = run("provider", "--template", "tax_prep", *YEAR)
    assert result.exit_code == 0, result.output
    assert _book(tmp_path / "file").sheetnames == ["monthly_summary", "ytd_totals", "About"]
    header, *months = _sheet(tmp_path / "file", "monthly_summary")
    assert header == ("Date", "Gross pay (USD)", "Commission (USD)", "Bonus (USD)")
    assert [(row[0].date().isoformat(), *row[1:]) for row in months] == [("2026-03-01", 600, 0, 50)]
    assert _sheet(tmp_path / "file", "ytd_totals")[1][1:] == (600, 0, 50)


def test_tax_prep_of_several_providers_adds_up_each_of_them(run: Run, tmp_path: Path) -> None:
    assert run("practice_manager", "--template", "tax_prep", *YEAR).exit_code == 0
    assert [(row[0], row[2]) for row in _sheet(tmp_path / "file", "ytd_totals")[1:]] == [
        ("Dr One (D1, H1)", 600), ("Dr Two (D2, H1)", 10),
    ]  # fmt: skip


def test_the_workbook_has_four_sheets_and_a_chart_of_its_own(run: Run, tmp_path: Path) -> None:
    assert run("provider", "--template", "workbook", *YEAR).exit_code == 0
    book = _book(tmp_path / "file")
    assert book.sheetnames == ["Summary", "Monthly breakdown", "Transactions", "Charts", "About"]
    assert [row[:2] for row in _sheet(tmp_path / "file", "Summary")][4:6] == [
        ("Calculated", 656.69),
        ("Gross pay", 600),
    ]
    assert len(_sheet(tmp_path / "file", "Transactions")) > 5
    (chart,) = book["Charts"]._charts
    assert [one.val.numRef.f for one in chart.series] == [
        "'Monthly breakdown'!$C$2:$C$13", "'Monthly breakdown'!$D$2:$D$13",
    ]  # fmt: skip


def test_the_monthly_summary_is_a_month_on_paper(run: Run, tmp_path: Path) -> None:
    assert run("provider", "--template", "monthly_summary", "--filter", "month=2026-03").exit_code == 0
    pages = "".join(page.extract_text() for page in pypdf.PdfReader(tmp_path / "file").pages)
    for words in ("Monthly summary, March 2026", "Pay by provider", "Cases by procedure", "Twelve months", "656.69"):
        assert words in pages


def test_the_billing_audit_has_its_sections(run: Run, tmp_path: Path) -> None:
    assert run("provider", "--template", "billing_audit", "--format", "xlsx").exit_code == 0
    sheets = _book(tmp_path / "file").sheetnames
    assert sheets[:3] == ["Expected cases", "Billed cases", "Discrepancies"]


def test_chosen_fields_are_the_columns(run: Run, tmp_path: Path) -> None:
    words = ("--entity", "compensation", *YEAR, "--field", "month", "--field", "gross_pay")
    assert run("provider", *words).exit_code == 0
    rows = list(csv.DictReader(io.StringIO((tmp_path / "file").read_text())))
    assert rows[-1] == {"month": "2026-03-01", "gross_pay": "600.00"}


def test_a_file_is_logged_and_recorded_for_its_user(
    run: Run, tmp_path: Path, log: Callable[[], dict[str, Any]]
) -> None:
    result = run("accountant", "--entity", "roll-forward", *YEAR, "--format", "xlsx")
    content, line = (tmp_path / "file").read_bytes(), log()
    assert result.output.endswith(f"{len(content):,} bytes, SHA-256 {hashlib.sha256(content).hexdigest()}.\n")
    assert (line["export_type"], line["entity_type"], line["build_id"]) == ("xlsx", "roll-forward", 1)
    assert (str(line["date_range_start"]), str(line["date_range_end"])) == ("2026-01-01", "2026-12-31")
    assert (line["file_size"], line["sha256"]) == (len(content), hashlib.sha256(content).hexdigest())
    assert (line["hospital_ids"], line["status"]) == (["H1"], "finished")
    record = world.audit_records()[-1]
    assert (record["action"], record["details"]["sha256"], record["hospital_ids"]) == ("export", line["sha256"], ["H1"])
    assert record["user_id"].startswith("command line")
    assert record["details"]["for_user"] == str(line["user_id"])


@pytest.mark.parametrize(
    ("user", "words", "sentence"),
    [
        ("nobody", ["--template", "tax_prep"], "There is no user nobody@clinic.org"),
        ("provider", [], "Say what to export: give --template or --entity"),
        ("provider", ["--template", "taxes"], "There is no template taxes: use one of tax_prep, billing_audit,"),
        ("provider", ["--entity", "x"], "entity must be one of"),
        ("provider", ["--entity", "kpis"], "may not export kpis: it needs financial-reports:read."),
        ("viewer", ["--entity", "forecast"], "may not export forecast: it needs exports:create."),
        ("accountant", ["--entity", "kpis"], "startDate is required; endDate is required."),
        ("accountant", ["--entity", "kpis", "--from", "1.2.2026", "--to", "2026-02-01"], "startDate must be a day written as"),
        ("provider", ["--entity", "cases", "--filter", "providerId"], "'providerId' is no filter: write NAME=VALUE"),
        ("provider", ["--entity", "cases", "--filter", "bucket=91+"], "bucket is no filter of cases."),
        ("provider", ["--entity", "cases", "--filter", "providerId=D2"], "There is no such provider among yours."),
        ("provider", ["--entity", "cases", "--filter", "hospitalId=H2"], "There is no such hospital among yours."),
        ("provider", ["--entity", "cases", "--field", "name"], "fields has no name here: choose of hospital_id, provider_id,"),
    ],
)  # fmt: skip
def test_what_it_cannot_use_is_said(run: Run, tmp_path: Path, user: str, words: list[str], sentence: str) -> None:
    result = run(user, *words)
    assert (result.exit_code, "Traceback" in result.output) == (2, False), result.output
    assert sentence in result.output
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there_is_said(run: Run, tmp_path: Path) -> None:
    output = tmp_path / "none" / "file"
    result = run("provider", "--template", "tax_prep", output=output)
    assert (result.exit_code, result.output) == (1, f"Error: {output} cannot be written: No such file or directory.\n")


@pytest.fixture(autouse=True)
def _kept_in_order(reports_app: Flask) -> Iterator[None]:
    yield
    assert reports_app.test_client().get("/login").status_code == 200  # no user is left in the context
