"""Views that people keep under a name: a page with its filters, for themselves or for everyone of a hospital."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from urllib.parse import parse_qsl

from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from portal.models import db
from portal.services.audit import Entry, record

LONGEST_NAME = 80
LONGEST_QUERY = 2000
MOST = 100
_OF_HOSPITALS = frozenset({"hospitalId", "hospital"})  # as scope.py reads them
_SCOPE = text("select set_config('daybook.hospitals', :hospitals, true)")
_VISIBLE = text("""
  select views.id, views.name, views.endpoint, views.query, views.hospital_id, views.user_id, users.email as owner
  from portal.saved_views as views
  join portal.users as users on users.id = views.user_id
  where views.user_id = :user_id or views.hospital_id is not null
  order by lower(views.name), views.id
""")
_COUNT = text("select count(*) from portal.saved_views where user_id = :user_id")
_KEEP = text("""
  insert into portal.saved_views (user_id, hospital_id, name, endpoint, query)
  values (:user_id, :hospital_id, :name, :endpoint, :query) returning id
""")
_REMOVE = text("""
  delete from portal.saved_views
  where id = :number and (user_id = :user_id or (:manages and hospital_id is not null))
  returning name, endpoint, query, hospital_id
""")


class SavedViewError(Exception):
    """A view cannot be kept; ``field`` names what is wrong."""

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(problem)
        self.field = field


@dataclass(frozen=True)
class SavedView:
    """A view as it is kept. ``hospital_id``: everyone of it sees the view; None: only the owner."""

    id: int
    name: str
    endpoint: str
    query: str
    hospital_id: str | None
    user_id: int
    owner: str


@dataclass(frozen=True)
class Wish:
    """A view that is to be kept."""

    name: str
    endpoint: str
    query: str
    hospital_id: str | None = None


def visible(user_id: int, hospitals: Sequence[str]) -> list[SavedView]:
    """Return the user's own views and those that somebody shares with one of ``hospitals``, by name."""
    _scope(hospitals)
    return [SavedView(**row) for row in db.session.execute(_VISIBLE, {"user_id": user_id}).mappings()]


def keep(wish: Wish, user_id: int, hospitals: Sequence[str], entry: Entry) -> int:
    """Keep a view and record it in the same transaction. Returns its number.

    Args:
        wish: what to keep.
        user_id: whose it becomes.
        hospitals: the user's; a view can be shared with these alone.
        entry: the audit record; what was kept is filled in.

    Raises:
        SavedViewError: for a name that cannot be kept or is taken, filters that are too long, a foreign hospital
            (to share with, or in the filters), or too many.
    """
    _check(wish, hospitals)
    _scope(hospitals)
    if db.session.execute(_COUNT, {"user_id": user_id}).scalar_one() >= MOST:
        raise SavedViewError("name", f"You keep {MOST} views already: remove one first.")
    values = {"name": wish.name, "endpoint": wish.endpoint, "query": wish.query, "hospital_id": wish.hospital_id}
    try:
        number: int = db.session.execute(_KEEP, values | {"user_id": user_id}).scalar_one()
    except IntegrityError as error:
        db.session.rollback()
        raise SavedViewError("name", "You keep a view of this page under that name: choose another.") from error
    record(replace(entry, resource_id=str(number), new_values=_said(values)), db.session.connection())
    db.session.commit()
    return number


def remove(number: int, user_id: int, hospitals: Sequence[str], entry: Entry, *, manages: bool) -> bool:
    """Remove a view of one's own or, for who ``manages`` users, a shared one of the same hospitals. True if it was there."""
    _scope(hospitals)
    wanted = {"number": number, "user_id": user_id, "manages": manages}
    found = db.session.execute(_REMOVE, wanted).mappings().one_or_none()
    if found is None:
        db.session.rollback()
        return False
    record(replace(entry, resource_id=str(number), old_values=_said(dict(found))), db.session.connection())
    db.session.commit()
    return True


def _check(wish: Wish, hospitals: Sequence[str]) -> None:
    if not wish.name or len(wish.name) > LONGEST_NAME or not wish.name.isprintable():
        raise SavedViewError("name", f"A name is one line of 1 to {LONGEST_NAME} characters.")
    if len(wish.query) > LONGEST_QUERY:
        raise SavedViewError("view", f"The filters are longer than {LONGEST_QUERY:,} characters: leave some out.")
    named = {value for name, value in parse_qsl(wish.query) if name in _OF_HOSPITALS}
    if not named <= set(hospitals):
        raise SavedViewError("view", "The filters name a hospital that is none of yours: leave it out.")
    if wish.hospital_id is not None and wish.hospital_id not in hospitals:
        raise SavedViewError("hospital", "Choose one of your hospitals, or nobody.")


def _scope(hospitals: Sequence[str]) -> None:
    db.session.execute(_SCOPE, {"hospitals": ",".join(hospitals)})


def _said(values: dict[str, str | None]) -> dict[str, str]:
    # Names are typed: what a person typed stays out of the audit log.
    return {name: value for name, value in values.items() if value is not None and name != "name"}
