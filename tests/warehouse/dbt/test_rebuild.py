"""The same input gives the same marts, byte for byte: over marts that stand already, by another clock, in another order."""

from __future__ import annotations

import pytest

from tests.warehouse.dbt.builds import dbt, failures
from tests.warehouse.dbt.conftest import Built

pytestmark = pytest.mark.xdist_group("dbt")

# What the database's clock filled in: a year later it would say something else. What a run says (`instant`, `known_from`) stays.
_CLOCKED = """
    select format('update %I.%I set %I = %I + interval ''1 year''', table_schema, table_name, column_name, column_name)
    from information_schema.columns
    where table_schema in ('ops', 'raw') and column_default ~ 'clock_timestamp|now\\(|current_'
"""
# Another time zone of the session, and joins and groups that come out in another order.
_OTHERWISE = "-c timezone=Asia/Tokyo -c enable_hashjoin=off -c enable_hashagg=off -c datestyle=german"


def _marts(built: Built) -> list[str]:
    query = "select relname from pg_class where relnamespace = 'candidate'::regnamespace and relkind in ('r', 'v', 'm')"
    return [name for (name,) in built.rows(query)]


def _digests(built: Built) -> dict[str, str]:
    query = "select coalesce(md5(string_agg(t::text, '|' order by t::text)), '') || count(*) from candidate.{} as t"
    return {mart: built.rows(query.format(mart))[0][0] for mart in _marts(built)}


def test_a_second_build_gives_the_same_rows_a_year_later_and_in_any_order(
    built: Built, monkeypatch: pytest.MonkeyPatch
):
    before = _digests(built)
    assert len(before) >= 25
    assert not [mart for mart, digest in before.items() if not digest], "a mart that cannot be compared"
    indexes = "select count(*) from pg_indexes where schemaname = 'candidate'"
    count = built.rows(indexes)
    with built.connect() as connection:
        statements = connection.execute(_CLOCKED).fetchall()
        assert len(statements) >= 4
        for (statement,) in statements:
            connection.execute(statement)
        connection.commit()
    monkeypatch.setenv("PGOPTIONS", _OTHERWISE)
    statuses = dbt(built.url, built.state, "build", "--exclude-resource-type", "test", "unit_test")
    monkeypatch.delenv("PGOPTIONS")
    assert failures(statuses) == {}
    after = _digests(built)
    assert {mart for mart in before if before[mart] != after[mart]} == set()
    assert set(after) == set(before)
    assert built.rows(indexes) == count
