"""A published build of many hospitals, with so many rows that reading all of a table is never the plan for a few of them."""

from __future__ import annotations

from collections.abc import Sequence

from warehouse.engine import connect

_SCHEMA = "marts_b1"
# What does not grow with what is billed: few rows in a real group, too.
_SMALL = {"dim_hospitals", "dim_departments", "dim_providers", "fct_closed_periods", "rpt_changes_after_close"}
# What has a line for each patient, invoice, payment or case.
OF_ACCOUNTS = {
    "dim_patients", "fct_invoices", "fct_payments", "fct_payment_schedules", "fct_receivable_events", "fct_invoice_balances",
    "outstanding_payments", "patient_payment_history", "rpt_patient_accounts", "rpt_credits", "fct_claims", "fct_write_offs",
    "fct_cases", "fct_charges", "fct_case_compensation",
}  # fmt: skip
# Tickets differ in more than a character: cases are matched by them.
_OF_ITS_OWN = {name: f"{name} || '-' || n" for name in ("invoice_id", "patient_id", "payment_id")} | {
    "ticket_number": "md5(ticket_number || n)"
}
_SHARED = ("department_key", "provider_key", "payer_key")  # of the few that have names
_OTHERS = 1_000  # hospitals, with a few rows each
_TIMES = 60  # as many accounts of H1
_COLUMNS = """
    select t.tablename, array_agg(array[a.attname::text, format_type(a.atttypid, null)] order by a.attnum)
    from pg_tables as t
    join pg_attribute as a on a.attrelid = format('%%I.%%I', t.schemaname, t.tablename)::regclass
    where t.schemaname = %s and a.attnum > 0 and not a.attisdropped
    group by t.tablename
    having bool_or(a.attname = 'hospital_id')
    order by t.tablename
"""


def grow() -> set[str]:
    """Give the marts of build 1 the rows of many hospitals, and hospital H1 those of many accounts; with statistics.

    Returns:
        The marts that have many rows now.
    """
    with connect("owner") as owner:
        columns = dict(owner.execute(_COLUMNS, [_SCHEMA]).fetchall())
        grown = set(columns) - _SMALL
        for table in sorted(grown):
            base = f"select * from {_SCHEMA}.{table} where hospital_id = 'H1'"
            some = f"{base} order by {columns[table][0][0]} limit 12"
            others = _copied(columns[table], {"hospital_id": "'G' || n"})
            queries = [f"select {others} from ({some}) as t, generate_series(1, {_OTHERS}) as n"]
            if table in OF_ACCOUNTS:
                own = _copied(columns[table], _OF_ITS_OWN)
                queries.append(f"select {own} from ({base}) as t, generate_series(1, {_TIMES}) as n")
            owner.execute(f"insert into {_SCHEMA}.{table} {' union all '.join(queries)}")
            owner.execute(f"analyze {_SCHEMA}.{table}")
        owner.commit()
    return grown


def _copied(columns: Sequence[tuple[str, str]], changed: dict[str, str]) -> str:
    """Write the values of copy ``n`` of a row: keys of its own, the same ones in every table, and what is ``changed``."""
    new_keys = {
        name: f"md5({name}::text || {changed.get('hospital_id', 'n')})::uuid"
        for name, kind in columns
        if kind == "uuid" and name not in _SHARED
    }
    values = new_keys | changed
    return ", ".join(values.get(name, name) for name, _ in columns)
