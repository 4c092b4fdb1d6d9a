"""Every answer that showed something has its record, while many ask at once, records fail at random and connections die.

``scripts/audit_load --requests N --seed S`` sends more than the suite does.
"""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from collections.abc import Iterator
from random import SystemRandom
from typing import Any

import pytest
from sqlalchemy import text

from portal.models import db
from tests.conftest import fresh_database
from tests.portal import world
from tests.portal.audit.load import Load, rows, run
from tests.portal.audit.load_writes import KINDS, Kind
from warehouse import audit_check

REQUESTS = int(os.environ.get("DAYBOOK_TEST_AUDIT_REQUESTS", "40"))
SEED = int(os.environ.get("DAYBOOK_TEST_AUDIT_SEED") or SystemRandom().randrange(10**6))
Records = dict[str, list[dict[str, Any]]]


@pytest.fixture(scope="module")
def load(server: str, published_world: str) -> Iterator[Load]:
    """What happened, in a world of its own."""
    for _ in fresh_database(server, published_world):
        yield run(world.make_app(), REQUESTS, SEED)


@pytest.fixture(scope="module")
def records(load: Load) -> Records:
    """The records of each request by its number."""
    found: Records = defaultdict(list)
    for one in world.audit_records():
        found[one["request_id"] or ""].append(one)
    return found


def test_nobody_saw_a_traceback(load: Load) -> None:
    assert not load.raised, f"seed {SEED}\n" + "\n".join(load.raised)
    assert {one.status for one in load.answers} <= {200, 201, 302, 304, 400, 403, 404, 409, 503}


def test_the_faults_came_to_pass(load: Load) -> None:
    statuses = Counter(one.status for one in load.answers)
    assert statuses[503] > len(load.answers) // 50
    assert statuses[200] + statuses[302] > len(load.answers) // 5
    assert load.done["killed"] > 0
    assert any(one.cut for one in load.answers) or REQUESTS < 100
    assert load.appended


def test_every_answer_has_its_record_and_no_record_is_without_its_answer(load: Load, records: Records) -> None:
    shown = [one for one in load.answers if one.status != 503 and one.what != "/staff/nothing"]
    problems = []
    for one in shown:
        found = [row for row in records[one.number] if row["outcome"] in ("success", "started", "denied", "failed")]
        first = [row for row in found if not (row["action"] == "export" and len(found) > 1)]
        if len(first) != 1 or len(found) > 2:
            problems.append(f"{one}: {[(row['action'], row['outcome']) for row in found]}")
        elif (one.status < 400) != (first[0]["outcome"] in ("success", "started")):
            problems.append(f"{one}: its record says {first[0]['outcome']}")
    assert not problems, f"seed {SEED}\n" + "\n".join(problems)
    told = {one.number for one in load.answers if one.status < 400}
    recorded = {
        number for number, found in records.items() if any(row["outcome"] in ("success", "started") for row in found)
    }
    sent = {one.number for one in load.answers}
    assert told <= recorded, f"seed {SEED}"
    # A connection that dies while the server says that the record is kept: recorded, and refused all the same.
    refused = {one.number for one in load.answers if one.status == 503}
    assert (recorded & sent) - told <= refused, f"seed {SEED}"


def test_a_file_was_finished_on_record_or_cut_off(load: Load, records: Records) -> None:
    files = [one for one in load.answers if "csv" in one.what and one.status == 200]
    for one in files:
        outcomes = [row["outcome"] for row in records[one.number]]
        assert outcomes[0] == "started", one
        assert one.cut or outcomes[1:] == ["success"], (SEED, one, outcomes)
    assert files


def test_what_changed_is_what_was_recorded(load: Load) -> None:
    assert load.answers
    said = rows("select resource_id::bigint from portal.audit_log where action = 'write_off_request' and old_values is null"
                " and new_values is not null order by 1")  # fmt: skip
    assert said == rows("select id from portal.write_offs order by 1"), f"seed {SEED}"
    said = rows("select resource_id::bigint from portal.audit_log where action = 'write_off_cancel'"
                " and new_values is not null order by 1")  # fmt: skip
    assert said == rows("select id from portal.write_offs where status = 'CANCELLED' order by 1"), f"seed {SEED}"
    assert said


@pytest.mark.parametrize("kind", KINDS, ids=[kind.action for kind in KINDS])
def test_of_each_kind_of_change_what_stands_is_what_was_recorded(load: Load, kind: Kind) -> None:
    said = rows(
        "select resource_id::bigint from portal.audit_log where action = %s and outcome = 'success'"
        " and new_values is not null order by 1",
        [kind.action],
    )
    made = rows(f"select made.id from ({kind.made}) as made (id) order by 1")
    assert set(made) <= set(said), f"seed {SEED}"
    assert kind.goes or made == said, f"seed {SEED}"
    assert made, f"seed {SEED}"


def test_the_chain_verifies_and_holds_what_commands_wrote(load: Load) -> None:
    with load.app.app_context(), db.engine.connect() as connection:
        connection.execute(text("select set_config('daybook.everything', 'on', true)"))
        count = audit_check.verify(connection, load.app.config["AUDIT_KEY"])
    assert count == rows("select count(*) from portal.audit_log")[0][0]
    kept = {number for (number,) in rows("select id from portal.audit_log where resource_type = 'load'")}
    assert set(load.appended) <= kept, f"seed {SEED}"
    assert len(load.appended) == len(set(load.appended))
