"""Audit records that cannot be written: the database itself refuses them, in one way or another."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from warehouse.engine import connect

_RAISE = """
    create function public.refuse_record() returns trigger language plpgsql as
    $$ begin raise exception 'the disk is full' using errcode = 'disk_full'; end $$;
    grant execute on function public.refuse_record() to daybook_portal;
"""
# How the database is made to refuse, and how it is put right.
FAULTS: dict[str, tuple[str, str]] = {
    "no right": (
        "revoke insert on portal.audit_log from daybook_portal",
        "grant insert on portal.audit_log to daybook_portal",
    ),
    "refused at once": (
        f"{_RAISE}; create trigger refuse before insert on portal.audit_log for each row execute function public.refuse_record()",
        "drop function public.refuse_record() cascade",
    ),
    "refused at the commit": (
        f"{_RAISE}; create constraint trigger refuse after insert on portal.audit_log deferrable initially deferred"
        " for each row execute function public.refuse_record()",
        "drop function public.refuse_record() cascade",
    ),
}


@contextmanager
def records_fail(fault: str) -> Iterator[None]:
    """Let no audit record be written meanwhile."""
    break_it, mend_it = FAULTS[fault]
    with connect("owner", autocommit=True) as owner:
        owner.execute(break_it)
        try:
            yield
        finally:
            owner.execute(mend_it)


def fingerprint() -> dict[str, str]:
    """Return a digest of the rows of every table but those that count tries and requests: they must count in any case."""
    with connect("owner") as owner:
        names = owner.execute(
            "select format('%I.%I', schemaname, tablename) from pg_tables"
            " where schemaname in ('portal', 'ops', 'jobs', 'phi', 'raw')"
            " and tablename not in ('sign_in_failures', 'request_counts')"
        ).fetchall()
        digests = " union all ".join(
            f"select '{name}', md5(coalesce(string_agg(t::text, '|' order by t::text), '')) from {name} as t"
            for (name,) in names
        )
        return dict(owner.execute(digests).fetchall())
