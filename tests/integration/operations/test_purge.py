"""``etl.py purge`` on a real warehouse: what is past its time goes, what is needed stays, and the log still verifies."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import create_engine

from pipeline.lock import run_lock
from tests.integration.operations.support import (
    ask,
    backed_up,
    chain_length,
    command,
    digests,
    do,
    ended_run,
    refused,
)  # fmt: skip
from tests.integration.pipeline.support import published
from warehouse import audit_chain
from warehouse.audit_chain import Entry
from warehouse.engine import connect, scalar, url_for
from warehouse.settings import load_secrets

pytestmark = pytest.mark.usefixtures("warehouse")
_NOW = datetime.now(UTC)


def ago(days: int) -> str:
    """The instant so many days before the test."""
    return (_NOW - timedelta(days=days)).isoformat()


def old_audit(*ages: int) -> None:
    """A log that begins so many days ago, record by record."""
    do("truncate portal.audit_log")
    key = load_secrets().audit_key.encode()
    record = vars(Entry("1", "view", "page"))
    with create_engine(url_for("owner")).begin() as connection:
        for number, age in enumerate(ages, start=1):
            former = record | {"id": number, "hospital_ids": [], "timestamp": _NOW - timedelta(days=age)}
            audit_chain.adopt(connection, key, former)


def left(table: str, column: str = "id") -> list[int]:
    """Numbers of the rows that are left."""
    return [row[0] for row in ask(f"select {column} from {table} order by 1")]


def test_audit_records_leave_after_a_year_and_the_chain_still_verifies() -> None:
    old_audit(500, 400, 366, 364, 1)
    assert "audit records: 3 (before " in command("purge").output
    assert left("portal.audit_log") == [4, 5, 6]
    (purge,) = ask("select action, details from portal.audit_log where id = 6")
    assert purge[0] == "purge" and purge[1]["rows"]["audit records"] == 3
    assert purge[1]["days"] == {
        "audit": 365, "exports": 365, "status": 183, "reveals": 365, "requests": 30, "mail_texts": 30, "case_logs": 2557,
    }  # fmt: skip
    assert "3 records (records up to 3 were purged)" in command("audit", "verify").output
    # The anchor takes the place of what is gone, and of nothing else.
    do("update portal.audit_anchors set through_id = 2")
    assert "is not genuine" in command("audit", "verify", code=1).error
    do("update portal.audit_anchors set through_id = 3")
    do("delete from portal.audit_log where id = 4")
    assert refused("audit", "verify") == "Audit record 4 is missing."


def test_a_second_purge_goes_on_from_the_first_and_a_restore_brings_nothing_back() -> None:
    old_audit(500, 366, 364)
    path = backed_up()
    command("purge")
    assert left("portal.audit_log") == [3, 4, 5]
    command("backup", "restore", path.name, "--yes")
    assert left("portal.audit_log") == [3, 4, 5, 6]  # and the restore's own
    assert "audit records: 0" in command("purge").output
    assert chain_length() == 5


def test_a_damaged_log_is_evidence_and_stays() -> None:
    old_audit(500, 400, 1)
    do("update portal.audit_log set user_id = '2' where id = 1")
    before = digests()
    assert "Audit record 1 was changed" in refused("purge")
    assert digests() == before


def test_runs_leave_after_half_a_year_with_what_they_rejected() -> None:
    do("update ops.etl_process_status set completed_at = started_at + interval '1 second'")
    do(
        "update ops.etl_process_status set started_at = %s, completed_at = %s, heartbeat_at = %s",
        ago(900), ago(900), ago(900),
    )  # fmt: skip
    for number, age in ((11, 200), (12, 184), (13, 182)):
        ended_run(number, ago(age))
        do(
            "insert into quarantine.payments (run_id, batch_id, source_name, file, reasons) values (%s, 1, 'main', 'f', '{x}')",
            number,
        )
        do(
            "insert into ops.alerts (incident, kind, message, created_at) values (%s, 'recovery', 'over', %s)",
            f"run-{number}", ago(age),
        )  # fmt: skip
        do(
            "insert into ops.gate_results (run_id, stage, gate, passed, message) values (%s, 'landed', 'g', true, '')",
            number,
        )
    live, raw = published(), digests()["raw.invoices"]
    shown = command("purge", "--dry-run").output
    assert "runs: 2 (" in shown and "rejected rows: 2 (" in shown and "alerts: 2 (" in shown
    assert left("ops.etl_process_status") == [1, 11, 12, 13]
    command("purge")
    # Run 1 is 900 days old: its build is live, and the next delivery is compared with its own.
    assert left("ops.etl_process_status") == [1, 13]
    assert left("quarantine.payments", "run_id") == [13]
    assert left("ops.gate_results", "distinct run_id") == [1, 13]
    assert left("ops.alerts", "run_id is null") == [True]
    assert (published(), digests()["raw.invoices"]) == (live, raw)


def test_the_record_of_exports_and_finished_jobs_leaves_too() -> None:
    for age in (366, 364):
        do(
            "insert into portal.export_log (user_id, entity_type, export_type, status, export_date)"
            " select min(id), 'x', 'csv', 'waiting', %s from portal.users",
            ago(age),
        )
        do(
            "insert into portal.mails (user_id, kind, subject, body, created_at)"
            " select min(id), 'test', 's', 'b', %s from portal.users",
            ago(age),
        )
        do("insert into ops.run_requests (requested_by, requested_at) values ('1', %s)", ago(age))
    with connect("owner", autocommit=True, options="-c search_path=jobs") as queue:
        for status, age in (("succeeded", 184), ("failed", 1), ("todo", 400)):
            job = "insert into procrastinate_jobs (queue_name, task_name) values ('etl', 'x') returning id"
            number = scalar(queue, job)  # with an event of its own, as every job
            queue.execute("update procrastinate_jobs set status = %s where id = %s", [status, number])
            queue.execute("update procrastinate_events set at = %s where job_id = %s", [ago(age), number])
    said = command("purge").output
    assert "exports: 1 (" in said and "mails: 1 (" in said and "jobs: 1 (" in said and "run requests: 2 (" in said
    assert sorted(ask("select status::text from jobs.procrastinate_jobs")) == [("failed",), ("todo",)]


def test_reveals_and_keys_of_requests_leave(monkeypatch: pytest.MonkeyPatch) -> None:
    for age in (366, 364, 31, 29):
        do(
            "insert into portal.contact_reveals (user_id, hospital_id, patient_id, reason, requested_at)"
            " select min(id), 'H1', %s, 'refund', %s from portal.users",
            f"P{age}", ago(age),
        )  # fmt: skip
        do(
            "insert into portal.idempotency_keys (user_id, key, digest, created_at)"
            " select min(id), %s, '', %s from portal.users",
            f"k{age}", ago(age),
        )  # fmt: skip
    said = command("purge").output
    assert "reveals: 1 (" in said and "keys of requests: 3 (" in said
    assert [row[0] for row in ask("select patient_id from portal.contact_reveals order by 1")] == ["P29", "P31", "P364"]
    assert ask("select key from portal.idempotency_keys") == [("k29",)]
    monkeypatch.setenv("DAYBOOK_REVEAL_DAYS", "30")
    monkeypatch.setenv("DAYBOOK_IDEMPOTENCY_DAYS", "all")
    assert "reveals: 2 (" in (said := command("purge").output) and "keys of requests: 0 (stay for ever)" in said


def test_what_a_mail_said_leaves_before_the_record_of_it() -> None:
    for subject, sent, failed in (
        ("old", 31, None),
        ("given up", None, 31),
        ("young", 29, None),
        ("waiting", None, None),
    ):
        do(
            "insert into portal.mails (user_id, kind, subject, body, created_at, sent_at, failed_at)"
            " select min(id), 'test', %s, 'words', %s, %s, %s from portal.users",
            subject, ago(200), sent and ago(sent), failed and ago(failed),
        )  # fmt: skip
    assert "texts of mails: 2 (" in command("purge").output
    found = dict(ask("select subject, body from portal.mails"))
    assert found == {"old": "", "given up": "", "young": "words", "waiting": "words"}
    assert "texts of mails: 0 (" in command("purge").output  # emptied once


def test_case_logs_leave_with_their_cases_and_what_was_said_about_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DAYBOOK_CASE_LOG_DAYS", "100")
    case = "insert into portal.user_case_log (upload_id, hospital_id, provider_id, row_no, case_key, case_date, patient_ticket,"
    for number, age in ((1, 101), (2, 99)):
        do(
            "insert into portal.case_log_uploads (hospital_id, provider_id, user_id, file_name, checksum, rows_read, rows_kept,"
            " covered_from, covered_to, created_at, imported_at)"
            " select 'H1', 'D1', min(id), 'f', '', 2, 2, '2020-01-01', '2020-01-31', %s, %s from portal.users",
            ago(age), ago(age),
        )  # fmt: skip
        for row, key in enumerate(("both", f"only {number}"), start=1):
            do(f"{case} created_at) values (%s, 'H1', 'D1', %s, md5(%s), '2020-01-01', 'T', now())", number, row, key)
    for key in ("both", "only 1", "only 2"):
        do(
            "insert into portal.case_log_decisions (hospital_id, provider_id, case_key, kind, billed_keys, decided_by,"
            " decided_at) select 'H1', 'D1', md5(%s), 'split', array[gen_random_uuid()], min(id), %s from portal.users",
            key, ago(101),
        )  # fmt: skip
    said = command("purge").output
    assert "case logs: 1 (" in said and "decisions on cases: 1 (" in said
    assert left("portal.case_log_uploads") == [2] == left("portal.user_case_log", "distinct upload_id")
    assert ask("select 1 from portal.case_log_decisions where case_key = md5('only 1')") == []
    assert len(left("portal.case_log_decisions")) == 2


def test_kept_forecasts_stay() -> None:
    do(
        "insert into portal.forecast_snapshots (created_date, forecast_date, predicted_amount, model_used, hospital_id, measure,"
        " currency, based_on, months_ahead, build_id) values ('2001-02-03', '2001-02-01', 1, 'm', 'H1', 'billed', 'USD',"
        " '2001-01-01', 1, 1)"
    )
    command("purge")
    assert len(left("portal.forecast_snapshots")) == 1


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("DAYBOOK_REVEAL_DAYS", "-1", "DAYBOOK_REVEAL_DAYS"),
        ("DAYBOOK_IDEMPOTENCY_DAYS", "0", "DAYBOOK_IDEMPOTENCY_DAYS"),
        ("DAYBOOK_MAIL_TEXT_DAYS", "1.5", "DAYBOOK_MAIL_TEXT_DAYS"),
        ("DAYBOOK_CASE_LOG_DAYS", "ever", "DAYBOOK_CASE_LOG_DAYS"),
        ("DAYBOOK_AUDIT_DAYS", "364", "DAYBOOK_AUDIT_DAYS is '364': give a whole number from 365"),
        ("DAYBOOK_STATUS_DAYS", "0", "DAYBOOK_STATUS_DAYS"),
        ("DAYBOOK_EXPORT_DAYS", "a year", "DAYBOOK_EXPORT_DAYS"),
    ],
)
def test_a_period_that_is_too_short_is_refused(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, words: str
) -> None:
    old_audit(500)
    monkeypatch.setenv(name, value)
    assert words in refused("purge", code=2)
    assert left("portal.audit_log") == [1]


def test_what_stays_for_ever_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    old_audit(5000)
    monkeypatch.setenv("DAYBOOK_AUDIT_DAYS", "all")
    assert "audit records: 0 (stay for ever)" in command("purge").output
    with run_lock():
        assert "in progress" in refused("purge", code=75)
