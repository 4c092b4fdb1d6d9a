"""dbt in process: a model that cannot be built stops the run by name, and dbt's log keeps the reason."""

from __future__ import annotations

import pytest

from pipeline import transform
from pipeline.errors import BuildError
from warehouse.engine import connect
from warehouse.settings import home


@pytest.mark.usefixtures("database")
def test_a_model_that_cannot_be_built_is_named_and_the_log_keeps_the_reason() -> None:
    log = home() / "dbt" / "logs" / "dbt.log"
    before = log.read_text(encoding="utf-8") if log.exists() else ""
    with connect("owner") as connection:
        connection.execute("alter table raw.claims rename to claims_elsewhere")
        connection.commit()
    with pytest.raises(BuildError, match=r'dbt could not build stg_claims: .*"raw\.claims" does not exist'):
        transform.build_candidate()
    said = log.read_text(encoding="utf-8").removeprefix(before)
    assert 'relation "raw.claims" does not exist' in said
    assert "PASS" not in said and "START" not in said, "warnings and errors only"
