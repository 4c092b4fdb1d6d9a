"""What each table is made from, as a build publishes it: dbt's own graph, down to the rows as the source gave them."""

from __future__ import annotations

import pytest

from tests.warehouse.dbt.conftest import Built

pytestmark = pytest.mark.xdist_group("dbt")

# Made of nothing that a source delivers: the calendar, a seed, and what dbt itself knows.
_OF_NOTHING = {"dim_aging_buckets", "metric_definitions", "model_lineage"}


@pytest.fixture(scope="module")
def reads(built: Built) -> dict[str, set[str]]:
    """What each model reads."""
    found = built.rows("select model, reads from model_lineage")
    return {model: set(filter(None, names.split(", "))) for model, names in found}


def _upstream(model: str, reads: dict[str, set[str]]) -> set[str]:
    return reads[model].union(*(_upstream(name, reads) for name in reads[model]))


def test_a_model_reads_what_its_sql_names(reads: dict[str, set[str]]):
    assert reads["rpt_tax_daily"] == {"fct_receivable_events", "int_hospitals", "int_invoice_taxes"}
    assert reads["stg_payments"] == {"ops.batches", "ops.builds", "raw.payments"}
    assert reads["raw.payments"] == set()


def test_every_name_is_a_row_of_its_own(reads: dict[str, set[str]]):
    assert {name for names in reads.values() for name in names} <= set(reads)


def test_every_mart_comes_from_rows_of_a_source(built: Built, reads: dict[str, set[str]]):
    marts = {model for (model,) in built.rows("select model from model_lineage where layer in ('marts', 'seed')")}
    tables = "select table_name from information_schema.tables where table_schema = 'candidate'"
    assert marts == {name for (name,) in built.rows(tables)}
    without = {mart for mart in marts if not any("." in name for name in _upstream(mart, reads))}
    assert without == _OF_NOTHING
    assert {"raw.invoices", "raw.payments", "raw.refunds"} <= _upstream("fct_receivables_aging", reads)
