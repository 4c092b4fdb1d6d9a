"""What people keep in the portal, query by query: statements, files, filing days, disputes' claims, write-offs taken back.

The hand-checked world with what is written down here; C2 of Dr One's I03 stays denied, as if nobody had submitted it again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal

import psycopg
import pytest
from sqlalchemy import Connection

from portal.analytics.periods import DateRange
from portal.queries.billing_audits import provider_name
from portal.queries.case_logs import LogScope
from portal.queries.denied_claims import denied_claims
from portal.queries.export_reach import Reader, act_for
from portal.queries.exports import HistoryFilter, content, find_export, history, history_count
from portal.queries.filing_limits import filing_limits, limits_listed, payers
from portal.queries.statements import find_statement, statements_count, statements_page
from portal.queries.write_offs import reversals
from tests.conftest import fresh_database
from tests.portal.reports_world import reading
from warehouse.engine import connect

Marts = Callable[[str], Connection]
BUSINESS_DATE = date(2026, 3, 31)
DR_ONE = [("H1", "D1")]
WRITTEN = """
    insert into portal.users (id, email, password, fs_uniquifier) overriding system value
    values (1, 'ann@clinic.org', '', 'ann'), (2, 'bob@clinic.org', '', 'bob');
    insert into portal.user_hospitals (user_id, hospital_id) values (1, 'H1'), (2, 'H1');
    insert into portal.imported_statements (hospital_id, provider_id, month, gross_pay, commission, bonus, deductions,
        read_from, imported_by, imported_at, ended_by, ended_at)
    values ('H1', 'D1', '2026-02-01', 1234.50, 100, 0, 25.50, 'pdf', 1, '2026-03-01', 1, '2026-03-02'),
           ('H1', 'D1', '2026-03-01', 700, 0, 0, 0, 'typed', 1, '2026-03-02', null, null),
           ('H1', 'D2', '2026-01-01', 200, 0, 0, 0, 'csv', 2, '2026-03-03', null, null);
    insert into portal.filing_limits (hospital_id, payer_key, days, set_by, set_at)
    select 'H1', payer_key, days, 1, '2026-03-01' from (
        select null::uuid as payer_key, 18 as days
        union all select payer_key, 30 from marts_b1.dim_payers where payer_id = 'AOK'
    ) as said;
    insert into portal.export_log (export_type, entity_type, filename, file_size, user_id, hospital_ids, sha256, is_kept)
    values ('csv', 'cases', 'first.csv', 7, 1, '{H1}', repeat('a', 64), true),
           ('pdf', 'cases', 'second.pdf', 9, 2, '{H1}', repeat('b', 64), false),
           ('csv', 'payments', 'third.csv', 5, 1, '{H1}', repeat('c', 64), false);
    insert into portal.export_chunks values (1, 0, 'a;b'), (1, 1, ';c;d');
    insert into portal.write_offs (id, kind, reverses_id, hospital_id, source_name, invoice_id, currency, amount, category,
        reason, status, requested_by, decided_by, decided_at) overriding system value
    values (1, 'write_off', null, 'H1', 'main', 'I06', 'USD', 20, 'BAD_DEBT', 'agreed', 'APPROVED', 1, 2, '2026-03-31'),
           (2, 'reversal', 1, 'H1', 'main', 'I06', 'USD', 20, 'BAD_DEBT', 'in error', 'PENDING', 1, null, null);
    update marts_b1.fct_claims set is_replaced = false where claim_id = 'C2';
"""


@pytest.fixture(scope="module")
def written(server: str, published_world: str) -> Iterator[str]:
    """URL of a copy of the world with all of this."""
    for url in fresh_database(server, published_world):
        with connect("owner") as connection:
            psycopg.ClientCursor(connection).execute(WRITTEN)
            connection.commit()
        yield url


@pytest.fixture
def connection(written: str) -> Iterator[Connection]:
    """The build, for H1."""
    with reading(written) as connect_for:
        yield connect_for("H1")


def test_imported_statements(connection: Connection) -> None:
    found = statements_page(connection, None, limit=50, page=1)
    assert [(one.provider_id, one.month.month, one.gross_pay, one.deductions) for one in found] == [
        ("D1", 3, 700, 0), ("D1", 2, Decimal("1234.50"), Decimal("25.50")), ("D2", 1, 200, 0),
    ]  # fmt: skip
    # What the source delivers counts in their place: S1 of March and S2 of January.
    assert [one.delivered_gross for one in found] == [600, None, 10]
    assert [one.ended_at is None for one in found] == [True, False, True]
    assert statements_page(connection, DR_ONE, page=2, limit=1) == found[1:2]
    assert (statements_count(connection, None), statements_count(connection, DR_ONE)) == (3, 2)


def test_one_statement(connection: Connection) -> None:
    found = find_statement(connection, 1, DR_ONE)
    assert found is not None
    assert (found.gross_pay, found.commission, found.imported_by) == (Decimal("1234.50"), 100, "ann@clinic.org")
    assert find_statement(connection, 3, DR_ONE) is None  # Dr Two's


def test_days_to_file_a_claim(connection: Connection) -> None:
    assert [(one.payer_name, one.days, one.set_by) for one in limits_listed(connection)] == [
        (None, 18, "ann@clinic.org"), ("AOK", 30, "ann@clinic.org"),
    ]  # fmt: skip
    (insurer,) = payers(connection)  # nobody files a claim with the patient
    assert insurer.name == "AOK"
    limits = filing_limits(connection)
    case = date(2026, 3, 10)
    assert limits.deadline("H1", insurer.payer_key, case, BUSINESS_DATE).day == date(2026, 4, 9)
    assert limits.deadline("H1", None, case, BUSINESS_DATE).day == date(2026, 3, 28)
    assert limits.deadline("H2", None, case, BUSINESS_DATE).basis == "default"


def test_denied_claims_of_a_provider(connection: Connection) -> None:
    scope = LogScope(DR_ONE, "USD")
    (found,) = denied_claims(connection, scope)
    assert (found.claim_id, found.case_date, found.denial_code, found.billed, found.paid) == (
        "C2", date(2026, 1, 10), "CO-16", 100, 0,
    )  # fmt: skip
    january, february = (DateRange(date(2026, month, 1), date(2026, month, 28)) for month in (1, 2))
    assert (denied_claims(connection, scope, january), denied_claims(connection, scope, february)) == ([found], [])
    assert denied_claims(connection, scope, claim_key=found.claim_key) == [found]
    assert denied_claims(connection, LogScope([("H1", "D2")], "USD")) == []


def test_providers_of_two_hospitals_are_not_one() -> None:
    assert [provider_name(hospital, "D1") for hospital in ("H1", "H2")] == ["H1|D1", "H2|D1"]


def test_files_that_were_made(connection: Connection) -> None:
    ann, admin = Reader(1, ["H1"], False, False), Reader(2, ["H1"], True, False)
    every, of_cases = HistoryFilter(), HistoryFilter(entity="cases")
    assert [(one.filename, one.file_size) for one in history(act_for(connection, ann), ann, every, 1, 50)] == [
        ("third.csv", 5), ("first.csv", 7),
    ]  # fmt: skip
    assert [one.who for one in history(act_for(connection, admin), admin, every, 1, 2)] == [
        "ann@clinic.org",
        "bob@clinic.org",
    ]
    counts = [
        history_count(act_for(connection, who), who, asked) for who in (ann, admin) for asked in (every, of_cases)
    ]
    assert counts == [2, 1, 3, 2]
    assert history_count(act_for(connection, ann), admin, every) == 2  # whoever the query asks for


def test_one_file_and_its_pieces(connection: Connection) -> None:
    ann = Reader(1, ["H1"], False, False)
    found = find_export(act_for(connection, ann), ann, 1)
    assert found is not None
    assert (found.filename, found.is_kept, found.sha256) == ("first.csv", True, "a" * 64)
    assert find_export(connection, ann, 2) is None  # bob's
    assert b"".join(content(connection, 1)) == b"a;b;c;d"
    assert list(content(connection, 2)) == []


def test_a_write_off_that_is_taken_back(connection: Connection) -> None:
    assert [(one.id, one.amount, one.status, one.reason) for one in reversals(connection, 1)] == [
        (2, 20, "PENDING", "in error")
    ]
    assert reversals(connection, 2) == []
