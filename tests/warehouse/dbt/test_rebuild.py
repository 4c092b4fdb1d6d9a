"""The same input gives the same marts, byte for byte, also over marts that stand already."""

from __future__ import annotations

import pytest

from tests.warehouse.dbt.builds import dbt, failures
from tests.warehouse.dbt.conftest import Built

pytestmark = pytest.mark.xdist_group("dbt")


def _digests(built: Built) -> dict[str, str]:
    tables = built.rows("select relname from pg_class where relnamespace = 'candidate'::regnamespace and relkind = 'r'")
    query = "select coalesce(md5(string_agg(t::text, '|' order by t::text)), '') || count(*) from candidate.{} as t"
    return {table: built.rows(query.format(table))[0][0] for (table,) in tables}


def test_a_second_build_gives_the_same_rows(built: Built):
    before = _digests(built)
    indexes = "select count(*) from pg_indexes where schemaname = 'candidate'"
    count = built.rows(indexes)
    statuses = dbt(built.url, built.state, "build", "--exclude-resource-type", "test", "unit_test")
    assert failures(statuses) == {}
    assert _digests(built) == before
    assert built.rows(indexes) == count
