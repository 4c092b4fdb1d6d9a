"""Runs as administrators see them, and starting one by hand."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from procrastinate.jobs import Status

from tests.portal import world
from warehouse import jobs
from warehouse.engine import connect


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """An administrator of H1, signed in."""
    return world.sign_in(app, world.add_user(app, "hospital_admin"))


def _start(client: FlaskClient):
    token = client.get("/api/v1/me").json["data"]["csrfToken"]
    return client.post("/api/v1/reports/etl/run", headers={"X-CSRFToken": token})


def _run(client: FlaskClient, run_id: int) -> dict:
    return client.get(f"/api/v1/reports/etl/runs/{run_id}").json["data"]


def test_a_requested_run_waits_in_the_queue_under_its_number(client: FlaskClient) -> None:
    answer = _start(client)
    assert answer.status_code == 202
    run_id = answer.json["data"]["runId"]
    run = _run(client, run_id)
    assert (run["status"], run["requestedBy"], run["startedAt"]) == ("queued", "hospital_admin@clinic.org", None)
    assert client.get("/api/v1/reports/etl/status").json["data"]["latestRun"]["runId"] == run_id
    assert "waits for the worker" in client.get(f"/admin/etl/{run_id}").text
    records = [r for r in world.audit_records() if r["action"] == "etl_run"]
    assert [(r["resource_id"], r["new_values"]) for r in records] == [(str(run_id), {"run_id": run_id})]


def test_the_worker_gets_the_job_that_the_portal_queued(client: FlaskClient) -> None:
    run_id = _start(client).json["data"]["runId"]
    seen: list[int] = []
    queue = jobs.job_app("etl")

    @queue.task(name=jobs.RUN_ETL, queue=jobs.ETL_QUEUE, lock=jobs.RUN_ETL, queueing_lock=jobs.RUN_ETL)
    def run_etl(run_id: int) -> None:
        seen.append(run_id)

    async def work() -> list:
        async with queue.open_async():
            await queue.run_worker_async(queues=[jobs.ETL_QUEUE], wait=False, listen_notify=False, delete_jobs="never")
            return list(await queue.job_manager.list_jobs_async(status=Status.SUCCEEDED.value))

    assert len(asyncio.run(work())) == 1
    assert seen == [run_id]
    run = _run(client, run_id)
    assert run["status"] == "failed"
    assert "could not start this run" in run["errorMessage"]


def test_a_second_request_is_a_conflict(client: FlaskClient) -> None:
    run_id = _start(client).json["data"]["runId"]
    answer = _start(client)
    assert answer.status_code == 409
    assert answer.json["error"]["message"] == f"Run {run_id} waits in the queue already."
    with connect("owner") as owner:
        assert owner.execute("select count(*) from ops.run_requests").fetchone() == (1,)


def test_the_reference_says_that_a_run_may_be_refused(client: FlaskClient) -> None:
    answers = client.get("/api/v1/openapi.json").json["paths"]["/api/v1/reports/etl/run"]["post"]["responses"]
    assert {"202", "409"} <= set(answers)


def test_a_run_in_progress_is_a_conflict_but_a_dead_one_is_not(client: FlaskClient) -> None:
    with connect("owner") as owner:
        run_id = world.add_run(owner, "running", datetime.now(UTC))
    assert _start(client).json["error"]["message"] == f"Run {run_id} is in progress: wait until it has ended."
    with connect("owner") as owner:
        owner.execute("update ops.etl_process_status set heartbeat_at = clock_timestamp() - interval '2 minutes'")
    assert "no sign of life" in client.get(f"/admin/etl/{run_id}").text
    assert _run(client, run_id)["isLost"] is True
    assert _start(client).status_code == 202


def test_the_button_queues_a_run_and_says_what_is_in_the_way(client: FlaskClient) -> None:
    token = world.csrf_token(client.get("/admin/etl").text)
    assert client.post("/admin/etl/run").status_code == 400
    answer = client.post("/admin/etl/run", data={"csrf_token": token}, follow_redirects=True)
    assert "waits for the worker" in answer.text
    answer = client.post("/admin/etl/run", data={"csrf_token": token}, follow_redirects=True)
    assert "waits in the queue already" in answer.text
    with connect("owner") as owner:
        assert owner.execute("select count(*) from jobs.procrastinate_jobs").fetchone() == (1,)


def test_a_run_shows_stages_counts_gates_and_reasons(app: Flask) -> None:
    client = world.sign_in(app, world.add_user(app, "super_admin"))
    started = datetime.now(UTC) - timedelta(minutes=3)
    run_id = world.add_finished_run(started)
    run = _run(client, run_id)
    assert [stage["stage"] for stage in run["stages"]] == ["read", "land"]
    table = run["tables"][0]
    assert (table["tableName"], table["rowsRead"], table["rowsQuarantined"]) == ("invoices", 10, 2)
    assert (table["amountRead"], table["amountQuarantined"]) == ("1000.000", "250.500")
    assert [gate["gate"] for gate in run["gates"]] == ["rejects", "totals"]
    assert [(r["reason"], r["rowCount"], r["amount"]) for r in run["quarantine"]] == [("bad date", 1, "250.500")]
    page = client.get(f"/admin/etl/{run_id}").text
    for words in ("invoices", "250.50", "bad date", "too many rejects", "invoice_id=I1", "stopped by a gate"):
        assert words in page


def test_who_sees_one_hospital_gets_no_figures_of_all_hospitals(app: Flask, client: FlaskClient) -> None:
    run_id = world.add_finished_run(datetime.now(UTC))
    with connect("owner", autocommit=True) as owner:
        owner.execute(
            "update ops.etl_process_status set records_processed = 987654, error_message = 'Gate x: [\"H2|I77\"] 445566.77'"
            " where id = %s",
            [run_id],
        )
        owner.execute("update ops.run_stages set detail = '{\"rows\": 987654}'")
    world.add_gate(run_id, "share", passed=False, message="445566.77 too much", failing_keys=[{"invoice_id": "I77"}])
    run = _run(client, run_id)
    assert (run["tables"], run["recordsProcessed"], run["status"]) == ([], None, "stopped")
    assert run["errorMessage"].startswith("A check stopped the run.")
    assert [(r["reason"], r["amount"]) for r in run["quarantine"]] == [("bad date", "250.500")]
    assert {"gate": "rejects", "keys": [{"hospital_id": "H1", "invoice_id": "I1"}]} in [
        {"gate": gate["gate"], "keys": gate["failingKeys"]} for gate in run["gates"]
    ]
    answers = [
        str(run),
        client.get("/api/v1/reports/etl/status").text,
        client.get(f"/admin/etl/{run_id}").text,
        client.get("/admin/etl").text,
    ]
    for secret in ("I77", "445566", "445,566", "987654", "987,654", "1,000.00", "1000.000"):
        assert not [answer for answer in answers if secret in answer], secret


def test_who_sees_every_hospital_is_told_why_a_run_ended(app: Flask) -> None:
    run_id = world.add_finished_run(datetime.now(UTC))
    everybody = world.sign_in(app, world.add_user(app, "super_admin"))
    assert _run(everybody, run_id)["errorMessage"] == "Gate rejects failed."
    assert _run(everybody, run_id)["tables"] != []
    narrowed = everybody.get(f"/api/v1/reports/etl/runs/{run_id}?hospitalId=H1").json["data"]
    assert narrowed["tables"] == []


def test_another_hospitals_gates_and_rejects_are_not_shown(app: Flask, client: FlaskClient) -> None:
    run_id = world.add_finished_run(datetime.now(UTC), hospital="H2")
    run = _run(client, run_id)
    assert [gate["gate"] for gate in run["gates"]] == ["totals"]
    assert run["quarantine"] == []
    page = client.get(f"/admin/etl/{run_id}").text
    assert "bad date" not in page
    assert "invoice_id=I1" not in page


def test_rejected_rows_can_be_sent_back_without_what_they_held(app: Flask, client: FlaskClient) -> None:
    run_id = world.add_finished_run(datetime.now(UTC))
    with connect("owner", autocommit=True) as owner:
        owner.execute(
            "update quarantine.invoices set record_key = 'I1', file = '=cmd.csv', row_data = '{\"status\": \"Ada Byron\"}'"
        )
        owner.execute(
            "insert into quarantine.patients (run_id, batch_id, source_name, hospital_id, record_key, file, reasons)"
            " values (%s, 1, 'main', 'H1', 'Ada Byron', 'p.csv', '{bad key}'), (%s, 1, 'main', 'H2', 'P2', 'p.csv', '{bad key}')",
            [run_id, run_id],
        )
    with client.get(f"/admin/etl/{run_id}/rejects.csv") as answer:  # a stream holds its connection until it is closed
        file = answer.get_data(as_text=True)
        assert answer.headers["Content-Disposition"] == f"attachment; filename=daybook-run-{run_id}-rejects.csv"
    lines = file.splitlines()
    assert lines[0] == "source,table,file,line,record,hospital,reasons,columns,amount"
    assert sorted(lines[1:]) == [
        "main,invoices,'=cmd.csv,7,I1,H1,bad date,,250.500",
        "main,patients,p.csv,,,H1,bad key,,",
    ]
    page = client.get(f"/admin/etl/{run_id}").text
    assert "=cmd.csv" in page and "All of them as CSV" in page
    assert "Ada" not in page + file
    assert client.get("/admin/etl/999/rejects.csv").status_code == 404
    assert (
        world.sign_in(app, world.add_user(app, "accountant")).get(f"/admin/etl/{run_id}/rejects.csv").status_code == 403
    )


def test_a_run_that_never_was_is_not_found(client: FlaskClient) -> None:
    assert client.get("/api/v1/reports/etl/runs/999").status_code == 404
    assert client.get("/admin/etl/999").status_code == 404
    assert client.get("/api/v1/reports/etl/runs/99999999999999999999").status_code == 404
    assert client.get("/admin/etl/99999999999999999999").status_code == 404


def test_runs_are_listed_in_pages(app: Flask, client: FlaskClient) -> None:
    with connect("owner") as owner:
        for number in range(30):
            world.add_run(owner, "completed", datetime.now(UTC) + timedelta(seconds=number))
    first, second = client.get("/admin/etl").text, client.get("/admin/etl?page=2").text
    assert "31 rows, page 1 of 2" in first
    assert 'href="/admin/etl/31"' in first
    assert 'href="/admin/etl/1"' not in first
    assert 'href="/admin/etl/1"' in second
    assert client.get("/admin/etl?page=-5").status_code == 200
