"""Gate 1: on what landed, before anything is built."""

from __future__ import annotations

from decimal import Decimal

from pipeline.quality.gate import Gate
from pipeline.settings import Thresholds
from warehouse.canonical import TABLES

_ZERO = Decimal(0)
_TABLE = ("source_name", "table_name")

_CONTROL_TOTALS = """
select source_name, table_name,
  abs(rows_read - rows_landed - rows_quarantined - rows_duplicate)
  + abs(amount_read - amount_landed - amount_quarantined - amount_duplicate) as difference
from ops.run_tables where run_id = {run_id}
"""

# What stands in raw after landing: the accepted current rows, with those that this batch replaces taken out and its own put in.
_LANDED_ONE = """
select '{table}' as table_name, b.source_name,
  coalesce((select sum(r.{money}) from raw.{table} r join ops.batches o using (batch_id)
    where r.source_name = b.source_name and r.known_to is null and not r.is_deleted and o.state = 'accepted'), 0)
  - coalesce((select sum(r.{money}) from raw.{table} n join raw.{table} r
      on r.source_name = n.source_name and r.hospital_id = n.hospital_id and r.record_key = n.record_key
    join ops.batches o on o.batch_id = r.batch_id and o.state = 'accepted'
    where n.batch_id = b.batch_id and r.known_to is null and not r.is_deleted), 0)
  + coalesce((select sum(n.{money}) from raw.{table} n where n.batch_id = b.batch_id and not n.is_deleted), 0)
  - t.amount_landed - t.amount_unread as difference
from ops.batches b join ops.run_tables t on t.batch_id = b.batch_id and t.table_name = '{table}'
where b.run_id = {{run_id}} and t.rows_stale = 0
"""

# Of a table of which only changes were read, every share is that of all its rows.
_REJECTED_ROWS = """
select source_name, table_name, case
    when rows_read + rows_unread >= {minimum} then round(100.0 * rows_quarantined / (rows_read + rows_unread), 4)
    when rows_quarantined > {small} then 100.0 else 0 end as percent
from ops.run_tables where run_id = {{run_id}} and rows_read > 0
"""

_REJECTED_AMOUNT = """
select source_name, table_name, round(100.0 * amount_quarantined / (amount_read + amount_unread), 4) as percent
from ops.run_tables where run_id = {{run_id}} and amount_read + amount_unread > 0 and amount_quarantined > 0
  and rows_read + rows_unread >= {minimum}
"""

# Few rows are judged too: of a small table more than half must not vanish at once.
_DROPPED = """
select source_name, table_name, case
    when rows_deleted >= {minimum} then round(100.0 * rows_deleted / (rows_landed + rows_unread - rows_new + rows_deleted), 4)
    when 2 * rows_deleted > rows_landed + rows_unread - rows_new + rows_deleted then 100.0 else 0 end as percent
from ops.run_tables where run_id = {{run_id}} and rows_deleted > 0
"""

_NOTHING_LEFT = """
select source_name, table_name, rows_landed + rows_unread as rows_landed from ops.run_tables
where run_id = {{run_id}} and table_name in ({required}) and rows_read > 0
"""

_AGAINST_LAST = """
select t.source_name, t.table_name, round(100.0 * (t.{measure}_read + t.{measure}_unread) / l.measure, 4) as percent
from ops.run_tables t
join lateral (
  select p.{measure}_read + p.{measure}_unread as measure, p.rows_read + p.rows_unread as rows_held
  from ops.run_tables p join ops.batches b on b.batch_id = p.batch_id
  where p.source_name = t.source_name and p.table_name = t.table_name and b.state = 'accepted' and p.run_id < t.run_id
  order by p.run_id desc limit 1
) l on l.measure > 0 and l.rows_held >= {minimum}
where t.run_id = {{run_id}}
"""

# Words where codes belong, in columns of which the mapping may say what they mean. Never a reason to halt: the money counts.
_WITHHELD = """
select t.source_name, t.table_name, w.key as column_name, w.value::bigint as withheld
from ops.run_tables t, jsonb_each_text(t.withheld) as w where t.run_id = {run_id}
"""


def landed_gates(limits: Thresholds) -> list[Gate]:
    """Return the gates on a landed batch, with the operator's thresholds."""
    landed_amounts = " union all ".join(
        _LANDED_ONE.format(table=table.name, money=table.money) for table in TABLES if table.money
    )
    required = ", ".join(f"'{table.name}'" for table in TABLES if table.required)
    minimum, small = limits.reject_minimum_rows, limits.reject_maximum_rows_of_small_table
    return [
        Gate(
            "control_totals", _CONTROL_TOTALS, "difference", _ZERO, _ZERO, _TABLE,
            "Rows or money read are not what was landed, quarantined and counted as duplicate ({count} tables).",
        ),
        Gate(
            "landed_amounts", landed_amounts, "difference", _ZERO, _ZERO, _TABLE,
            "The money that stands in raw is not the money that was read ({count} tables).",
        ),
        Gate(
            "rejected_rows", _REJECTED_ROWS.format(minimum=minimum, small=small), "percent", None,
            limits.reject_rows_percent, _TABLE, "Too many rows were rejected ({count} tables).", acceptable=True,
        ),
        Gate(
            "nothing_left", _NOTHING_LEFT.format(required=required), "rows_landed", Decimal(1), None, _TABLE,
            "Every row of a required table was rejected ({count} tables).",
        ),
        Gate(
            "rejected_amount", _REJECTED_AMOUNT.format(minimum=minimum), "percent", None,
            limits.reject_amount_percent, _TABLE, "Too much money was rejected ({count} tables).", acceptable=True,
        ),
        Gate(
            "dropped_rows", _DROPPED.format(minimum=limits.drop_minimum_rows), "percent", None,
            limits.drop_rows_percent, _TABLE, "Too many rows have gone from the source ({count} tables).", acceptable=True,
        ),
        Gate(
            "volume", _AGAINST_LAST.format(measure="rows", minimum=limits.volume_minimum_rows), "percent",
            limits.volume_minimum_percent, None, _TABLE,
            "Far fewer rows were read than in the last accepted run ({count} tables).", acceptable=True,
        ),
        Gate(
            "amount", _AGAINST_LAST.format(measure="amount", minimum=limits.volume_minimum_rows), "percent",
            None, limits.volume_maximum_percent, _TABLE,
            "Far more money was read than in the last accepted run ({count} tables).", acceptable=True,
        ),
        Gate(
            "withheld_words", _WITHHELD, "withheld", None, _ZERO, (*_TABLE, "column_name"),
            "Words that are no codes were left out ({count} columns): the mapping can say what they stand for.", severity="warn",
        ),
    ]  # fmt: skip
