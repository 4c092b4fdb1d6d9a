"""Who may come in, and for what, after a restore: what was taken from somebody since the backup stays taken, what is newer stays.

Of roles, hospitals and providers somebody keeps what they had then and have now. Passwords, second factors and recovery codes
are those of now: older ones were replaced or taken away for a reason.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from warehouse.engine import scalar

_PROOFS = (
    "password", "fs_uniquifier", "tf_primary_method", "tf_totp_secret", "tf_last_counter", "mf_recovery_codes",
)  # fmt: skip
_KNOWN = """
select attname from pg_attribute
where attrelid = 'portal.users'::regclass and attname = any (%s) and not attisdropped
"""
_PEOPLE = """
select
  u.*,
  array(
    select r.name from portal.roles_users as x join portal.roles as r on r.id = x.role_id where x.user_id = u.id
  ) as roles,
  array(select hospital_id from portal.user_hospitals where user_id = u.id) as hospitals,
  array(select hospital_id || ',' || provider_id from portal.user_providers where user_id = u.id) as providers
from portal.users as u
order by u.email
"""
# No hospital's id has a comma.
_TAKE = {
    "role": """
      delete from portal.roles_users as x using portal.users as u, portal.roles as r
      where u.id = x.user_id and r.id = x.role_id and u.email = %(email)s and r.name <> all (%(roles)s) returning r.name
    """,
    "hospital": """
      delete from portal.user_hospitals as x using portal.users as u
      where u.id = x.user_id and u.email = %(email)s and x.hospital_id <> all (%(hospitals)s) returning x.hospital_id
    """,
    "provider": """
      delete from portal.user_providers as x using portal.users as u
      where u.id = x.user_id and u.email = %(email)s and x.hospital_id || ',' || x.provider_id <> all (%(providers)s)
      returning x.provider_id || ' at ' || x.hospital_id
    """,
}
_INACTIVE = "update portal.users set active = false where email = %s and active returning email"
_REVOKED = "update portal.api_tokens set revoked_at = %s where token_hash = %s and revoked_at is null returning id"


@dataclass
class Kept:
    """What a restore did not take back.

    Attributes:
        passwords: addresses of users whose password is newer than the backup.
        second_factors: addresses of users whose second factor was set up, changed or taken away since.
        shut_out: addresses of users who were switched off since.
        tokens: how many API tokens were revoked since.
        taken: what users do not get back, by address: ``role viewer``, ``hospital H2``, ``provider D1 at H2``.
    """

    passwords: list[str] = field(default_factory=list)
    second_factors: list[str] = field(default_factory=list)
    shut_out: list[str] = field(default_factory=list)
    tokens: int = 0
    taken: dict[str, list[str]] = field(default_factory=dict)

    def sentences(self) -> list[str]:
        """Return what to say of it, nothing where nothing was kept."""
        said = [
            f"{what}: {', '.join(names)}."
            for what, names in (
                ("Newer passwords stay", self.passwords),
                ("Second factors stay as they are now", self.second_factors),
                ("Shut out since the backup, and still", self.shut_out),
            )
            if names
        ]
        if self.tokens:
            said.append(f"API tokens revoked since the backup, and still: {self.tokens}.")
        return [
            *said,
            *(f"Taken from {who} since, and not given back: {', '.join(taken)}." for who, taken in self.taken.items()),
        ]

    def counts(self) -> dict[str, int]:
        """Return how much it is of each, for the audit log."""
        return {
            "passwords": len(self.passwords), "second_factors": len(self.second_factors), "shut_out": len(self.shut_out),
            "tokens": self.tokens, "taken": sum(map(len, self.taken.values())),
        }  # fmt: skip


def keep_newer(old: psycopg.Connection[Any], new: psycopg.Connection[Any]) -> Kept:
    """Bring over to the restored warehouse who may not come in, or have something, any more. Within the callers' transactions.

    Args:
        old: to the present warehouse, perhaps at an older schema.
        new: to the restored one.

    Returns:
        What was kept so.
    """
    kept = Kept()
    proofs = [name for (name,) in old.execute(_KNOWN, [list(_PROOFS)]).fetchall()]
    with old.cursor(row_factory=dict_row) as cursor:
        people = cursor.execute(_PEOPLE).fetchall()
    for person in people:
        _proofs(new, person, proofs, kept)
        if not person["active"]:
            kept.shut_out += _names(new.execute(_INACTIVE, [person["email"]]))
        taken = [f"{kind} {name}" for kind, take in _TAKE.items() for name in sorted(_names(new.execute(take, person)))]
        if taken:
            kept.taken[person["email"]] = taken
    revoked = old.execute(
        "select revoked_at, token_hash from portal.api_tokens where revoked_at is not null"
    ).fetchall()
    kept.tokens = sum(len(new.execute(_REVOKED, token).fetchall()) for token in revoked)
    if scalar(old, "select to_regclass('portal.ended_sessions')") is not None:
        ended = old.execute("select session_hash, until from portal.ended_sessions").fetchall()
        with new.cursor() as cursor_of_new:
            cursor_of_new.executemany("insert into portal.ended_sessions values (%s, %s) on conflict do nothing", ended)
    return kept


def _proofs(new: psycopg.Connection[Any], person: dict[str, Any], names: list[str], kept: Kept) -> None:
    """Give somebody of the restored warehouse the password, second factor and end of sessions that they have now."""
    statement = sql.SQL(
        "update portal.users as u set {} from (select * from portal.users where email = %(email)s for update) as before"
        " where before.id = u.id returning before.password <> u.password,"
        " before.tf_totp_secret is distinct from u.tf_totp_secret"
    ).format(sql.SQL(", ").join(sql.SQL("{} = {}").format(sql.Identifier(one), sql.Placeholder(one)) for one in names))
    for has_other_password, has_other_factor in new.execute(statement, person).fetchall():
        kept.passwords += [person["email"]] * has_other_password
        kept.second_factors += [person["email"]] * has_other_factor


def _names(cursor: Iterable[tuple[Any, ...]]) -> list[str]:
    return [str(row[0]) for row in cursor]
