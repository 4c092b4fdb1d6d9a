"""Switching between the hospitals of a user. The choice stands in the address: a link is a saved view."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Flask, current_app, request, url_for

from portal import builds, navigation
from portal.queries import scope
from portal.security import PUBLIC, SIGNED_IN, current_hospitals, demands, own_hospitals

_CACHE = "daybook_hospital_names"
_CACHED = 256
ALL = "All hospitals"
# Users are of all hospitals of whoever looks after them; a month of a provider is of one hospital.
_OF_ALL, _OF_ONE = frozenset({"user_admin"}), frozenset({"compensation.month"})


@dataclass(frozen=True)
class Choice:
    """A hospital that can be switched to, or all of them."""

    label: str
    address: str
    is_current: bool


@dataclass(frozen=True)
class Switch:
    """What is shown now, and what else could be."""

    label: str
    choices: tuple[Choice, ...]


def names() -> dict[str, str]:
    """Return id and name of all hospitals of the signed-in user, by name, whichever of them this request shows."""
    own, build = own_hospitals(), builds.live_build()
    # A published build's names never change: read them once per process.
    cache = current_app.extensions.setdefault(_CACHE, {})
    key = (build.build_id, own)
    if key not in cache:
        if len(cache) >= _CACHED:
            cache.clear()
        with builds.widened(own) as connection:
            found = {one.hospital_id: one.name for one in scope.hospitals(connection)}
        cache[key] = found | {name: name for name in own if name not in found}
    known: dict[str, str] = cache[key]
    return known


def switch() -> Switch | None:
    """Return what the page's header offers; None where there is nothing to switch."""
    if not _is_of_hospitals() or len(own_hospitals()) < 2 or builds.find_live_build() is None:
        return None
    known, shown = names(), current_hospitals()
    one = shown[0] if len(shown) == 1 else None
    label = known[one] if one else ALL if len(shown) == len(known) else f"{len(shown)} hospitals"
    choices = [Choice(ALL, _address(None), label == ALL)]
    choices += [Choice(name, _address(hospital), hospital == one) for hospital, name in known.items()]
    return Switch(label, tuple(choices))


def init_app(app: Flask) -> None:
    """Offer ``hospital_switch()`` to every template of ``app``."""
    app.jinja_env.globals.update(hospital_switch=switch)


def _is_of_hospitals() -> bool:
    if request.endpoint is None or request.blueprint in _OF_ALL:
        return False
    demanded = demands(current_app, request.endpoint)
    return request.endpoint == "home.reports" or demanded not in ((PUBLIC,), (SIGNED_IN,))


def _address(hospital: str | None) -> str:
    # A page about one thing leads to the list of such things: the other hospital has others.
    is_view = request.method in ("GET", "HEAD") and not request.view_args and request.endpoint not in _OF_ONE
    if is_view:
        return navigation.here(hospitalId=hospital, hospital=None, page=None)
    return url_for(navigation.section(), hospitalId=hospital)
