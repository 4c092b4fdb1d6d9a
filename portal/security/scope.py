"""Which hospitals a request may read. A hospital is a tenant: another one's does not exist for the user."""

from __future__ import annotations

from collections.abc import Iterable

from flask import abort, g, request
from flask_security import current_user

from portal import builds
from portal.models import db


def current_hospitals() -> tuple[str, ...]:
    """Return the hospitals of this request: the user's own, narrowed by ``hospitalId`` or ``hospital`` in the address.

    Both may be repeated. A super_admin's own are all of the live build. Pinned for the rest of the request.

    Raises:
        werkzeug.exceptions.NotFound: if one is asked for that is not the user's.
    """
    if "hospitals" not in g:
        g.hospitals = _decide()
    return g.hospitals


def narrow_to(names: Iterable[str]) -> None:
    """Narrow this request to some of the user's hospitals, which its address does not name; before any figure is read.

    Raises:
        werkzeug.exceptions.NotFound: if one of them is not the user's.
    """
    g.hospitals = _checked(set(names), own_hospitals())


def own_hospitals() -> tuple[str, ...]:
    """Return all hospitals of the signed-in user, not narrowed, sorted; none for the anonymous."""
    if not current_user.is_authenticated:
        return ()
    if not current_user.sees_all_hospitals:
        return current_user.hospital_ids
    build = builds.find_live_build()
    return tuple(sorted(build.business_dates)) if build else ()


def current_providers() -> tuple[tuple[str, str], ...] | None:
    """Return hospital and id of every provider that the user is linked to; None for a super_admin, who reads everyone's."""
    if current_user.sees_all_hospitals:
        return None
    linked = tuple(sorted((row.hospital_id, row.provider_id) for row in current_user.providers))
    db.session.commit()  # the links are loaded: give the connection back
    return linked


def sees_everything() -> bool:
    """Return whether this request also covers rows whose hospital is none of the build's: all of them, for a super_admin."""
    return current_user.is_authenticated and current_user.sees_all_hospitals and not _asked()


def _asked() -> set[str]:
    return {name for key in ("hospitalId", "hospital") for name in request.args.getlist(key) if name}


def _decide() -> tuple[str, ...]:
    own, asked = own_hospitals(), _asked()
    return _checked(asked, own) if asked else own


def _checked(asked: set[str], own: tuple[str, ...]) -> tuple[str, ...]:
    if not asked <= set(own):
        g.denied = True
        abort(404, "There is no such hospital among yours.")
    return tuple(sorted(asked))
