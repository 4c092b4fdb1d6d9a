"""Names, contacts and numbers of patients reach ``phi`` encrypted when their batch is accepted, and reach nothing else."""

from __future__ import annotations

import pytest
from psycopg import sql

from tests.integration.landing.world import KEYS, MemorySource, Row, Warehouse, base, invoice
from warehouse import engine, identity
from warehouse.canonical import TABLES

PERSON: Row = {
    "patient_id": "P1",
    "hospital_id": "H1",
    "first_name": "Plantedfirst",
    "last_name": "Plantedlast",
    "date_of_birth": "1931-02-03",
    "ssn": "078-05-1120",
    "phone": "+1 555 867 5309",
    "email": "planted@example.org",
    "address": "Planted Street 7",
}
PLANTED = ("Planted", "1931-02-03", "078-05-1120", "078051120", "867 5309", "8675309", "planted@", "Street 7")


def _fields(warehouse: Warehouse, patient: str = "P1") -> dict[str, str]:
    (blob,) = warehouse.one("select fields from phi.patients where patient_id = %s", patient)
    return identity.decrypt(blob, KEYS.phi_keys)


def _find(text: str, hospitals: list[str], kind: identity.Kind = "name", rows: int = 10) -> list[tuple[str, str]]:
    with engine.connect("portal") as connection:
        token = identity.query_token(kind, text, KEYS.search_key)
        connection.execute("select set_config('daybook.hospitals', 'H1,H2', true)")
        query = "select hospital_id, patient_id from phi.find_patients(%s, %s, %s, %s)"
        return connection.execute(query, (kind, token, hospitals, rows)).fetchall()


def test_identity_is_stored_encrypted_once_the_batch_is_accepted(warehouse: Warehouse) -> None:
    warehouse.land(MemorySource(base(patients=[PERSON])))
    assert warehouse.one("select count(*) from phi.patients") == (0,)
    warehouse.accept()
    expected = {name: value for name, value in PERSON.items() if name not in ("patient_id", "hospital_id", "ssn")}
    assert _fields(warehouse) == expected
    assert warehouse.one("select ssn_hash from phi.patients") == (identity.ssn_hash("078051120", KEYS.search_key),)
    assert warehouse.one("select birth_year from raw.patients") == (1931,)


def test_planted_identity_occurs_in_no_table_in_clear(warehouse: Warehouse) -> None:
    bad = PERSON | {"patient_id": None}
    conflicting = [PERSON | {"patient_id": "P3", "phone": phone} for phone in ("555 867 5309", "1")]
    born_late = PERSON | {"patient_id": "P4", "date_of_birth": "1931-02-03 10:99"}
    run = warehouse.land(MemorySource(base(patients=[PERSON, bad, *conflicting, born_late])))["patients"]
    assert (run.rows_landed, run.rows_quarantined) == (1, 4)
    stages = [("landing", name) for (name,) in warehouse.all(
        "select relname from pg_class where relnamespace = 'landing'::regnamespace")]  # fmt: skip
    assert len(stages) == 2
    _assert_nothing_planted(warehouse, stages)
    warehouse.accept()
    _assert_nothing_planted(warehouse, [("phi", "patients"), ("phi", "search_tokens")])


def _assert_nothing_planted(warehouse: Warehouse, more: list[tuple[str, str]]) -> None:
    tables = more + [(schema, table.name) for schema in ("raw", "quarantine") for table in TABLES]
    for schema, name in tables:
        query = sql.SQL("select coalesce(string_agg(t::text, ' '), '') from {} as t").format(
            sql.Identifier(schema, name)
        )
        row = warehouse.connection.execute(query).fetchone()
        assert row is not None
        for planted in PLANTED:
            assert planted not in row[0]
            assert planted.encode().hex() not in row[0]


def test_search_finds_the_patient_in_the_hospitals_asked_for_only(warehouse: Warehouse) -> None:
    twin = PERSON | {"patient_id": "P2", "hospital_id": "H2", "phone": None}
    warehouse.publish(MemorySource(base(patients=[PERSON, twin])))
    assert _find("planted", ["H1", "H2"]) == [("H1", "P1"), ("H2", "P2")]
    assert _find("plantedLAST", ["H2"]) == [("H2", "P2")]
    assert _find("planted", ["H1", "H2"], rows=1) == [("H1", "P1")]
    assert _find("planted", []) == []
    assert _find("8675309", ["H1", "H2"], "phone") == [("H1", "P1")]
    assert _find("1931-02-03", ["H1"], "birth_date") == [("H1", "P1")]
    assert _find("pla", ["H1"], "name") == [("H1", "P1")]
    assert _find("someone", ["H1"]) == []


def test_a_changed_name_replaces_the_old_one_without_a_new_version_of_the_row(warehouse: Warehouse) -> None:
    warehouse.publish(MemorySource(base(patients=[PERSON])))
    count = warehouse.publish(MemorySource(base(patients=[PERSON | {"last_name": "Married"}])))["patients"]
    assert not count.changed
    assert _fields(warehouse)["last_name"] == "Married"
    assert _find("married", ["H1"]) == [("H1", "P1")]
    assert _find("plantedlast", ["H1"]) == []


def test_unchanged_identity_is_not_written_again(warehouse: Warehouse) -> None:
    warehouse.publish(MemorySource(base(patients=[PERSON])))
    before = warehouse.all("select * from phi.patients")
    warehouse.publish(MemorySource(base(patients=[PERSON])))
    assert warehouse.all("select * from phi.patients") == before


def test_refused_identity_is_forgotten_and_staged_again_by_the_next_run(warehouse: Warehouse) -> None:
    warehouse.publish(MemorySource(base(patients=[PERSON])))
    changed = MemorySource(base(patients=[PERSON | {"phone": "555 111 2222"}]))
    warehouse.land(changed)
    warehouse.refuse()
    assert _fields(warehouse)["phone"] == PERSON["phone"]
    assert warehouse.all("select relname from pg_class where relnamespace = 'landing'::regnamespace") == []
    warehouse.publish(changed)
    assert _fields(warehouse)["phone"] == "555 111 2222"


def test_identity_of_a_deleted_patient_goes_and_of_a_stale_one_stays(warehouse: Warehouse) -> None:
    other = PERSON | {"patient_id": "P2"}
    warehouse.publish(MemorySource(base(patients=[PERSON, other])))
    warehouse.publish(MemorySource(base(patients=[PERSON | {"date_of_birth": "soon", "last_name": "Wrong"}])))
    assert warehouse.all("select patient_id from phi.patients") == [("P1",)]
    assert _fields(warehouse)["last_name"] == "Plantedlast"
    assert warehouse.one("select count(*) from phi.search_tokens where patient_id = 'P2'") == (0,)


def test_several_tokens_must_all_match_and_the_limit_comes_after(warehouse: Warehouse) -> None:
    others = [PERSON | {"patient_id": f"A{number}", "last_name": "Else"} for number in range(5)]
    warehouse.publish(MemorySource(base(patients=[*others, PERSON])))
    kinds, words = ["name", "name"], [PERSON["first_name"], PERSON["last_name"]]
    tokens = [identity.query_token("name", word, KEYS.search_key) for word in words]
    query = "select patient_id from phi.find_patients(%s::text[], %s::bytea[], %s::text[], 1)"
    with engine.connect("portal") as connection:
        connection.execute("select set_config('daybook.hospitals', 'H1', true)")
        assert connection.execute(query, (kinds, tokens, ["H1"])).fetchall() == [("P1",)]


@pytest.mark.parametrize("allowed", ["", "H2", "H11"])
def test_a_search_never_reaches_beyond_the_hospitals_of_its_transaction(warehouse: Warehouse, allowed: str) -> None:
    warehouse.publish(MemorySource(base(patients=[PERSON])))
    token = identity.query_token("name", PERSON["last_name"], KEYS.search_key)
    one = "select count(*) from phi.find_patients('name', %s::bytea, '{H1,H2}', 10)"
    many = "select count(*) from phi.find_patients('{name}'::text[], array[%s::bytea], '{H1,H2}', 10)"
    with engine.connect("portal") as connection:
        for query in (one, many):
            connection.execute("select set_config('daybook.hospitals', %s, true)", [allowed])
            assert connection.execute(query, [token]).fetchone() == (0,)
            connection.execute("select set_config('daybook.hospitals', 'H1', true)")
            assert connection.execute(query, [token]).fetchone() == (1,)


def test_row_policies_bound_what_the_functions_role_reads_of_identity(warehouse: Warehouse) -> None:
    warehouse.publish(MemorySource(base(patients=[PERSON])))
    with engine.connect("owner") as connection:
        connection.execute("set local role daybook_phi")
        for table in ("phi.patients", "phi.search_tokens"):
            count = f"select count(*) > 0 from {table}"
            connection.execute("select set_config('daybook.hospitals', 'H2', true)")
            assert connection.execute(count).fetchone() == (False,)
            connection.execute("select set_config('daybook.hospitals', 'H1', true)")
            assert connection.execute(count).fetchone() == (True,)


def test_copies_of_a_patient_that_differ_only_in_identity_conflict(warehouse: Warehouse) -> None:
    copies = [PERSON, PERSON | {"phone": "1"}]
    count = warehouse.publish(MemorySource(base(patients=copies, invoices=[invoice("I1")])))["patients"]
    assert (count.rows_quarantined, count.rows_landed) == (2, 0)
    assert warehouse.one("select count(*) from phi.patients") == (0,)


def test_search_belongs_to_the_portal_and_runs_as_a_role_that_can_only_read(warehouse: Warehouse) -> None:
    function = "phi.find_patients(text, bytea, text[], integer)"
    may = "select has_function_privilege(role, %s, 'execute') from unnest(%s::text[]) as role"
    roles = ["daybook_portal", "daybook_analyst", "daybook_etl"]
    assert warehouse.all(may, function, roles) == [(True,), (False,), (False,)]
    owner = warehouse.one(
        "select rolname, rolsuper, rolcanlogin from pg_proc as f join pg_roles as r on r.oid = f.proowner"
        " where f.oid = %s::regprocedure",
        function,
    )
    assert owner == ("daybook_phi", False, False)
    writes = "select has_table_privilege('daybook_phi', %s, privilege) from unnest(%s::text[]) as privilege"
    assert warehouse.all(writes, "phi.patients", ["select", "insert", "update", "delete"]) == [
        (True,), (False,), (False,), (False,),
    ]  # fmt: skip
