"""Rules that need more than one row: duplicates within the delivery, references, undated refunds. Set-based SQL."""

from __future__ import annotations

from decimal import Decimal

from psycopg import sql

from pipeline.landing.delivery import Delivery, columns_of, names_of
from warehouse.canonical import BY_NAME, Reference, Table

# Copies of a key: the newest updated_at wins; if the newest differ among themselves, or none has one, all are refused.
_DOUBLES = """
create table landing.doubles as
with doubled as (select {keys} from {stage} group by {keys} having count(*) > 1),
copies as (
  select s.row_id, {s_keys}, {content} as content, {changed} as changed
  from {stage} as s join doubled using ({keys})
),
ranked as (select *, changed is not distinct from max(changed) over (partition by {keys}) as is_newest from copies)
select row_id,
  min(row_id) filter (where is_newest) over same as winner,
  min(content) filter (where is_newest) over same <> max(content) filter (where is_newest) over same as is_conflict
from ranked
window same as (partition by {keys})
"""
_DROP_COPIES = """
with gone as (
  delete from {stage} as s using landing.doubles as d
  where d.row_id = s.row_id and not d.is_conflict and d.row_id <> d.winner
  returning {amount} as amount
)
select count(*), coalesce(sum(amount), 0) from gone
"""
_CONFLICTS = """
insert into landing.late select row_id, 'conflicting_duplicate', %(columns)s from landing.doubles where is_conflict
"""
_UNMATCHED = """
insert into landing.late
select s.row_id, 'unknown_reference', array[%(column)s]
from {stage} as s
where s.{column} is not null and not exists ({parents})
"""
_STAGED_PARENT = """
select from {parent_stage} as p where p.record_key = s.{column} and p.hospital_id = s.hospital_id
"""
# What the source delivered before and still has: a parent whose new version was rejected keeps its last good one.
_STORED_PARENT = """
select from {parent_raw} as p
where p.source_name = %(source)s and p.hospital_id = s.hospital_id and p.record_key = s.{column}
  and p.known_to is null and not p.is_deleted
  and p.batch_id in (select batch_id from ops.batches where state = 'accepted')
  and not exists (
    select from {parent_raw} as gone
    where gone.batch_id = %(batch)s and gone.is_deleted
      and gone.hospital_id = p.hospital_id and gone.record_key = p.record_key
  )
"""
_FOUND_IN_STORE = """
delete from landing.late as l using {stage} as s
where s.row_id = l.row_id and l.reason = 'unknown_reference' and l.columns = array[%(column)s] and exists ({parents})
"""
_REFUNDED = """
insert into landing.late
select s.row_id, 'refunded_without_date', array['refunded_date']
from landing.payments as s
where s.status = 'refunded' and s.refunded_date is null
  and not exists ({staged})
  and not exists (
    select from raw.refunds as r
    where r.source_name = %(source)s and r.hospital_id = s.hospital_id and r.payment_id = s.payment_id
      and r.known_to is null and not r.is_deleted
      and r.batch_id in (select batch_id from ops.batches where state = 'accepted')
      and ({held})
  )
"""
_STAGED_REFUND = "select from landing.refunds as r where r.payment_id = s.payment_id and r.hospital_id = s.hospital_id"
_HELD_REFUND = "r.record_key in (select record_key from quarantine.refunds where batch_id = %(batch)s)"
_TO_QUARANTINE = """
insert into {quarantine}
  (run_id, batch_id, source_name, hospital_id, record_key, file, line, reasons, columns, amount, row_data)
select %(run)s, %(batch)s, %(source)s, {hospital}, s.record_key, (%(files)s::text[])[s.file_no + 1], s.line,
  l.reasons, l.columns, {amount}, jsonb_strip_nulls({document})
from {stage} as s
join (
  select row_id, array_agg(distinct reason) as reasons,
    string_to_array(string_agg(distinct array_to_string(columns, ','), ','), ',') as columns
  from landing.late group by row_id
) as l using (row_id)
"""


def drop_duplicates(delivery: Delivery, table: Table) -> tuple[int, Decimal]:
    """Keep one row of each key in the stage; conflicting ones go to quarantine.

    Returns:
        Number and controlled amount of the rows dropped as duplicates.
    """
    changed = "s.updated_at" if "updated_at" in columns_of(table) else "null::timestamptz"
    names = names_of(table) | {
        "changed": sql.SQL(changed),
        "content": _content(table),
    }
    delivery.execute(_DOUBLES, names)
    row = delivery.execute(_DROP_COPIES, names).fetchone()
    with_late_rejects(delivery)
    delivery.execute(_CONFLICTS, columns=list(table.key))
    delivery.execute("drop table landing.doubles")
    move_rejects(delivery, table)
    return (row[0], Decimal(row[1])) if row else (0, Decimal(0))


def reject_unrelated(delivery: Delivery, table: Table, staged: set[str]) -> None:
    """Move rows to quarantine that refer to nothing, and refunded payments of which nobody knows when.

    Args:
        delivery: the delivery; tables before this one have landed.
        table: the table to judge.
        staged: tables that the source delivers.
    """
    with_late_rejects(delivery)
    for reference in table.references:
        if reference.table != "hospitals":
            _refer(delivery, table, reference, reference.table in staged)
    if table.name == "payments":
        has_refunds = "refunds" in staged
        held = {
            "staged": sql.SQL(_STAGED_REFUND if has_refunds else "select where false"),
            "held": sql.SQL(_HELD_REFUND if has_refunds else "true"),
        }
        delivery.execute(_REFUNDED, held)
    move_rejects(delivery, table)


def _refer(delivery: Delivery, table: Table, reference: Reference, is_staged: bool) -> None:
    names = names_of(table) | {
        "column": sql.Identifier(reference.column),
        "parent_stage": sql.Identifier("landing", reference.table),
        "parent_raw": sql.Identifier("raw", reference.table),
    }
    stored = sql.SQL(_STORED_PARENT).format(**names)
    if not is_staged:
        delivery.execute(_UNMATCHED, names | {"parents": stored}, column=reference.column)
        return
    staged = sql.SQL(_STAGED_PARENT).format(**names)
    delivery.execute(_UNMATCHED, names | {"parents": staged}, column=reference.column)
    if delivery.has_history:
        delivery.execute("analyze landing.late")
        delivery.execute(_FOUND_IN_STORE, names | {"parents": stored}, column=reference.column)


def with_late_rejects(delivery: Delivery) -> None:
    """Start an empty list of late rejects."""
    delivery.execute("drop table if exists landing.late")
    delivery.execute("create table landing.late (row_id bigint, reason text, columns text[])")


def move_rejects(delivery: Delivery, table: Table) -> None:
    """Move the rows on the list from the stage to quarantine."""
    names = names_of(table) | {"document": _document(table)}
    delivery.execute("analyze landing.late")
    delivery.execute(_TO_QUARANTINE, names, run=delivery.run.run_id, files=delivery.files)
    delivery.execute("delete from {stage} as s using landing.late as l where l.row_id = s.row_id", names)
    delivery.execute("drop table landing.late")


def _content(table: Table) -> sql.Composable:
    content = names_of(table)["hash"]
    if table.name == "patients":
        return sql.SQL("({} || coalesce(encode(s.identity_hash, 'hex'), ''))").format(content)
    return content


def _document(table: Table) -> sql.Composed:
    """Return the expression for the JSON of a staged row, without identity and free text."""
    hidden = {column.name for column in BY_NAME[table.name].columns if column.free_text} | {"birth_year"}
    pairs = [
        sql.SQL("{}, left({}::text, 200)").format(sql.Literal(name), sql.Identifier("s", name))
        for name in columns_of(table)
        if name not in hidden
    ]
    return sql.SQL("jsonb_build_object({})").format(sql.SQL(", ").join(pairs))
