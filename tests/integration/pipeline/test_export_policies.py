"""Whose exports the portal's login reads and writes is held by the database; a file that is made keeps its line as it is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from tests.conftest import fresh_database
from tests.integration.pipeline.logins import Logins, logins
from warehouse.engine import connect

_SHA = "0" * 64
_PEOPLE = {"ann": ["H1"], "ben": ["H1"], "cat": ["H2"], "dan": ["H1", "H2"], "eve": []}
# Whose, and of which hospitals; one that waits, and one of no hospital that failed.
_LINES = {
    "ann_h1": ("ann", "{H1}", "finished"), "ben_h1": ("ben", "{H1}", "finished"), "ben_runs": ("ben", "{H1}", "running"),
    "ben_none": ("ben", "{}", "failed"), "cat_h2": ("cat", "{H2}", "finished"), "dan_both": ("dan", "{H1,H2}", "refused"),
}  # fmt: skip
_TEMPLATES = {"ann_own": ("ann", None), "ben_h1": ("ben", "H1"), "cat_h2": ("cat", "H2")}
# Whose, and the readers: what an administrator of H1 manages is the first two.
_SCHEDULES = {
    "of_ben": ("ben", ["ann"]), "of_ann": ("ann", ["ann", "ben"]), "to_cat": ("ann", ["ben", "cat"]),
    "of_dan": ("dan", ["ann"]), "to_eve": ("ben", ["eve"]), "of_cat": ("cat", ["cat"]),
}  # fmt: skip
_TABLES = (
    "export_log",
    "export_chunks",
    "export_templates",
    "export_schedules",
    "export_recipients",
    "export_schedule_rights()",
)
_SETTINGS = (
    "select set_config('daybook.user', %s, true), set_config('daybook.own_hospitals', %s, true),"
    " set_config('daybook.manages', %s, true)"
)
_ADD = (
    "insert into portal.export_log (user_id, entity_type, export_type, filename, file_size, sha256, hospital_ids)"
    f" values (%s, 'kpis', 'csv', 'new', 1, '{_SHA}', %s) returning id"
)


@pytest.fixture(scope="module")
def ids(server: str, published_template: str) -> Iterator[tuple[Logins, dict[str, int]]]:
    """Logins of a warehouse with exports of five people, and the numbers of people and things by their names."""
    for _ in fresh_database(server, published_template):
        with logins() as found, connect("owner") as owner:
            numbers = _plant(owner)
            owner.commit()
            yield found, numbers


def _plant(owner: psycopg.Connection[Any]) -> dict[str, int]:
    found: dict[str, int] = {}

    def add(name: str, statement: str, *values: Any) -> None:
        row = owner.execute(f"insert into portal.{statement} returning 1", values).fetchone()  # type: ignore[arg-type]
        assert row == (1,), name

    def new(name: str, table: str, statement: str, *values: Any) -> None:
        row = owner.execute(f"insert into portal.{table} {statement} returning id", values).fetchone()  # type: ignore[arg-type]
        found[name] = row[0] if row else 0

    for name, hospitals in _PEOPLE.items():
        new(name, "users", "(email, password, fs_uniquifier) values (%s, '', %s)", f"{name}@x.org", name)
        for hospital in hospitals:
            add(name, "user_hospitals (user_id, hospital_id) values (%s, %s)", found[name], hospital)
    for name, (who, hospitals_of, status) in _LINES.items():
        problem = "why" if status in ("failed", "refused") else None
        columns = "(user_id, entity_type, export_type, filename, file_size, sha256, hospital_ids, status, problem)"
        given = (found[who], name, _SHA, hospitals_of, status, problem)
        new(f"line {name}", "export_log", f"{columns} values (%s, 'kpis', 'csv', %s, 1, %s, %s, %s, %s)", *given)
        add(name, "export_chunks values (%s, 0, 'x')", found[f"line {name}"])
    for name, (who, hospital) in _TEMPLATES.items():
        columns = "(user_id, hospital_id, name, entity_type, export_type, created_at)"
        new(f"template {name}", "export_templates", f"{columns} values (%s, %s, %s, 'kpis', 'csv', now())",
            found[who], hospital, name)  # fmt: skip
    for name, (who, readers) in _SCHEDULES.items():
        columns = "(user_id, name, entity_type, export_type, rhythm, next_due, created_at)"
        new(f"schedule {name}", "export_schedules", f"{columns} values (%s, %s, 'kpis', 'csv', 'weekly', '2030-01-01', now())",
            found[who], name)  # fmt: skip
        for reader in readers:
            add(name, "export_recipients values (%s, %s)", found[f"schedule {name}"], found[reader])
    return found


class Acting:
    """A connection of the portal's login that acts for somebody."""

    def __init__(self, connection: psycopg.Connection[Any], numbers: dict[str, int]) -> None:
        self.connection, self.numbers = connection, numbers

    def act(self, who: str, hospitals: str | None = None, manages: str = "") -> Acting:
        """Act for one of ``_PEOPLE``, from here on."""
        own = ",".join(_PEOPLE[who]) if hospitals is None else hospitals
        self.connection.execute(_SETTINGS, [str(self.numbers[who]), own, manages])
        return self

    def seen(self, query: str) -> set[str]:
        """The first column."""
        return {row[0] for row in self.connection.execute(query).fetchall()}  # type: ignore[arg-type]

    def lines(self) -> set[str]:
        """Names of the lines of the log that are seen."""
        return self.seen("select filename from portal.export_log")

    def schedules(self) -> set[str]:
        """Names of the schedules that are seen."""
        return self.seen("select name from portal.export_schedules")

    def changed(self, statement: str, *values: Any) -> int:
        """How many rows a statement changed."""
        return self.connection.execute(statement, values).rowcount  # type: ignore[arg-type]

    def refused(self, statement: str, *values: Any) -> str:
        """What is said of a statement that is refused; nothing of it stays."""
        try:
            with self.connection.transaction():
                self.connection.execute(statement, values)  # type: ignore[arg-type]
        except psycopg.errors.InsufficientPrivilege as error:
            return error.diag.message_primary or "?"
        pytest.fail(f"not refused: {statement} {values}")


@pytest.fixture
def portal(ids: tuple[Logins, dict[str, int]]) -> Iterator[Acting]:
    """The portal's login, in a transaction of which nothing stays."""
    found, numbers = ids
    with found.open("try_portal") as connection:
        yield Acting(connection, numbers)
        connection.rollback()


def test_without_saying_who_asks_nothing_is_seen(portal: Acting) -> None:
    everything = "select set_config('daybook.hospitals', 'H1,H2', true), set_config('daybook.everything', 'on', true)"
    for settings in (
        everything,
        "select set_config('daybook.user', '', true), set_config('daybook.own_hospitals', '', true)",
    ):
        portal.connection.execute(settings)  # type: ignore[arg-type]
        counts = {name: portal.connection.execute(f"select count(*) from portal.{name}").fetchone() for name in _TABLES}  # type: ignore[arg-type]
        assert set(counts.values()) == {(0,)}, counts
    portal.act("ann")
    assert portal.lines()


def test_every_table_of_exports_holds_every_login_to_its_policies(ids: tuple[Logins, dict[str, int]]) -> None:
    with connect("owner") as owner:
        tables = owner.execute(
            "select relname, relrowsecurity and relforcerowsecurity from pg_class"
            " where relnamespace = 'portal'::regnamespace and relkind = 'r' and relname ~ '^export_'"
        ).fetchall()
        whose = owner.execute(
            "select proowner::regrole::text from pg_proc where oid = 'portal.export_schedule_rights'::regproc"
        ).fetchall()
    assert dict(tables) == dict.fromkeys(_TABLES[:-1], True)
    assert whose == [
        ("daybook_etl",)
    ]  # the owner's login has the portal's role, too: its policies would ask themselves


def test_a_person_sees_their_own_lines_and_files(portal: Acting) -> None:
    assert portal.act("ann").lines() == {"ann_h1"}
    chunks = "select l.filename from portal.export_chunks as c join portal.export_log as l on l.id = c.export_id"
    assert portal.seen(chunks) == {"ann_h1"}
    assert portal.act("ben").lines() == {"ben_h1", "ben_runs", "ben_none"}
    assert portal.act("eve", "H1,H2").lines() == set()


def test_an_administrator_sees_lines_of_the_own_hospitals_alone_and_no_file(portal: Acting) -> None:
    of_h1 = {"ann_h1", "ben_h1", "ben_runs"}
    assert portal.act("eve", "H1", "own").lines() == of_h1
    assert portal.act("eve", "H2", "own").lines() == {"cat_h2"}
    assert portal.act("eve", "H1,H2", "own").lines() == {*of_h1, "cat_h2", "dan_both"}
    assert portal.act("eve", "", "own").lines() == set()
    assert portal.act("eve", "H1", "all").lines() == set(_LINES)
    assert portal.seen("select export_id from portal.export_chunks") == set()
    assert portal.changed("update portal.export_log set rows_done = 7") == 0


def test_templates_are_seen_by_whose_they_are_and_at_the_hospital_they_are_shared_with(portal: Acting) -> None:
    names = "select name from portal.export_templates"
    assert portal.act("ann").seen(names) == {"ann_own", "ben_h1"}
    assert portal.act("cat").seen(names) == {"cat_h2"}
    assert portal.act("eve", "H1,H2", "all").seen(names) == {"ben_h1", "cat_h2"}
    assert portal.act("ann").changed("delete from portal.export_templates") == 1


def test_schedules_are_seen_by_who_made_reads_or_manages_them(portal: Acting) -> None:
    assert portal.act("ann").schedules() == {"of_ben", "of_ann", "to_cat", "of_dan"}
    assert portal.act("cat").schedules() == {"of_cat", "to_cat"}
    assert portal.act("eve", "H1", "own").schedules() == {"of_ben", "of_ann", "to_eve"}
    managed = (
        "select s.name from portal.export_schedules as s"
        " join portal.export_schedule_rights() as r on r.schedule_id = s.id where r.is_managed"
    )
    assert portal.seen(managed) == {"of_ben", "of_ann"}
    assert portal.act("ben", "H1", "own").seen(managed) == {"of_ben", "of_ann"}  # reads to_cat, and does not manage it
    assert portal.act("eve", "H1,H2", "own").seen(managed) == set(_SCHEDULES) - {"to_eve"}
    assert portal.act("eve", "", "all").seen(managed) == set(_SCHEDULES)
    assert portal.act("eve", "", "own").seen(managed) == set()


def test_a_reader_sees_no_other_reader(portal: Acting) -> None:
    readers = (
        "select s.name || ': ' || split_part(u.email, '@', 1) from portal.export_recipients as r"
        " join portal.export_schedules as s on s.id = r.schedule_id join portal.users as u on u.id = r.user_id"
    )
    assert portal.act("cat").seen(readers) == {"to_cat: cat", "of_cat: cat"}
    assert portal.act("ben").seen(readers) == {"of_ann: ben", "to_cat: ben", "of_ben: ann", "to_eve: eve"}
    assert portal.act("dan", "H1", "own").seen(readers) == {"of_ben: ann", "of_ann: ann", "of_ann: ben", "of_dan: ann"}


def test_nothing_is_written_for_another_person_or_hospital(portal: Acting) -> None:
    number = portal.numbers
    line, policy = f"line {'cat_h2'}", "row-level security policy"
    template = (
        "insert into portal.export_templates (user_id, hospital_id, name, entity_type, export_type, created_at)"
        " values (%s, %s, 'new', 'kpis', 'csv', now())"
    )
    schedule = (
        "insert into portal.export_schedules (user_id, name, entity_type, export_type, rhythm, next_due, created_at)"
        " values (%s, 'new', 'kpis', 'csv', 'weekly', '2030-01-01', now()) returning id"
    )
    reader, chunk = (
        "insert into portal.export_recipients values (%s, %s)",
        "insert into portal.export_chunks values (%s, 9, 'x')",
    )
    portal.act("ann")
    for refused, *values in (
        (_ADD, number["ben"], ["H1"]), (_ADD, number["ann"], ["H2"]), (_ADD, number["ann"], ["H1", "H2"]),
        (template, number["ben"], "H1"), (template, number["ann"], "H2"), (schedule, number["ben"]),
        (reader, number["schedule of_ben"], number["ben"]), (reader, number["schedule of_ann"], number["cat"]),
        (chunk, number["line ben_runs"]), (chunk, number[line]),
    ):  # fmt: skip
        assert policy in portal.refused(str(refused), *values), values
    assert portal.changed(_ADD, number["ann"], ["H1"]) == portal.changed(template, number["ann"], "H1") == 1
    assert (
        portal.changed(schedule, number["ann"]) == portal.changed(reader, number["schedule of_ann"], number["dan"]) == 1
    )


def test_nothing_of_others_is_changed_or_removed(portal: Acting) -> None:
    portal.act("ann", "H1", "own")
    assert portal.changed("update portal.export_log set rows_done = 7 where status = 'running'") == 0
    assert portal.changed("delete from portal.export_chunks") == 0
    assert (
        portal.changed("update portal.export_schedules set ended_at = now()") == 3
    )  # the own two, and one that is managed
    assert portal.changed("delete from portal.export_recipients") == 3  # of ann alone, from three schedules
    portal.act("ben")
    assert portal.changed("update portal.export_log set rows_done = 7 where status = 'running'") == 1
    move = "update portal.export_log set hospital_ids = '{H1,H2}' where status = 'running'"
    assert "row-level security policy" in portal.refused(move)


@pytest.mark.parametrize("name", ["ann_h1", "ben_none", "dan_both"])
def test_a_line_that_is_done_stays_as_it_is(portal: Acting, name: str) -> None:
    who, _, status = _LINES[name]
    number = portal.numbers[f"line {name}"]
    portal.act(who)
    said = f"Export {number} is {status} and stays as it is: make another one."
    for change in (f"sha256 = '{'1' * 64}'", "filename = 'x'", "file_size = 2", "row_count = 2", "hospital_ids = '{H9}'",
                   "status = 'running', problem = null", "build_id = 7", "providers = '[]'", "has_patients = false",
                   "date_range_end = '2020-01-01'", "finished_at = now()", "is_kept = not is_kept"):  # fmt: skip
        assert portal.refused(f"update portal.export_log set {change} where id = {number}") == said
    assert portal.changed(f"delete from portal.export_chunks where export_id = {number}") == 0
    assert "row-level security" in portal.refused(f"insert into portal.export_chunks values ({number}, 1, 'y')")
    with connect("owner") as owner:
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="stays as it is"):
            owner.execute(f"update portal.export_log set filters = '{{}}', entity_type = 'x' where id = {number}")  # type: ignore[arg-type]
        owner.rollback()


def test_a_line_under_way_is_filled_in_and_a_done_one_may_lose_its_schedule_and_leave(portal: Acting) -> None:
    portal.act("ben")
    running = portal.numbers["line ben_runs"]
    assert portal.changed(f"delete from portal.export_chunks where export_id = {running}") == 1
    assert portal.changed(f"insert into portal.export_chunks values ({running}, 0, 'y')") == 1
    assert portal.changed(f"update portal.export_log set status = 'finished', rows_done = 1 where id = {running}") == 1
    with connect("owner") as owner:
        schedule = portal.numbers["schedule of_cat"]
        add = _ADD.replace("hospital_ids)", "hospital_ids, schedule_id)").replace("%s) returning", "%s, %s) returning")
        line = owner.execute(add, [portal.numbers["cat"], ["H2"], schedule]).fetchall()[0][0]  # type: ignore[arg-type]
        owner.execute("insert into portal.export_chunks values (%s, 0, 'x')", [line])
        owner.execute("delete from portal.export_schedules where id = %s", [schedule])
        found = owner.execute("select schedule_id, filename from portal.export_log where id = %s", [line]).fetchone()
        removed = owner.execute("delete from portal.export_log where id = %s", [line]).rowcount  # as the purge does
        kept = owner.execute("select count(*) from portal.export_chunks where export_id = %s", [line]).fetchone()
        owner.rollback()
    assert (found, removed, kept) == ((None, "new"), 1, (0,))
