"""Saved views: the page of one's own and shared ones, keeping another, and removing."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlencode, urlsplit

from flask import Blueprint, abort, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_security import current_user
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect
from werkzeug.wrappers import Response

from portal import builds, hospitals
from portal.navigation import Item, allowed_items
from portal.security import audit_entry, is_plain, own_hospitals, recorded, signed_in
from portal.services import saved_views
from portal.services.saved_views import SavedView, SavedViewError, Wish

blueprint = Blueprint("saved_views", __name__, url_prefix="/staff/views")


@blueprint.get("")
@signed_in
def index() -> str:
    """List the views, by page; those of pages that the user may not open are left out."""
    pages = {item.endpoint: item for item in allowed_items()}
    found = [view for view in saved_views.visible(current_user.id, own_hospitals()) if view.endpoint in pages]
    return render_template("account/views.html", views=found, pages=pages, names=_hospitals(), may_remove=_may_remove)


@blueprint.get("/new")
@signed_in
def new() -> str:
    """Ask for a name for the view that ``view`` is the address of."""
    item, query = _page(request.args.get("view", ""))
    return _form(item, query)


@blueprint.post("/new")
@signed_in
def keep() -> ResponseReturnValue:
    """Keep the view, and show it again."""
    item, query = _page(request.form.get("view", ""))
    name, shared = request.form.get("name", "").strip(), request.form.get("hospital") or None
    entry = audit_entry("view_save", "saved_view", hospital_ids=own_hospitals())
    try:
        saved_views.keep(Wish(name, item.endpoint, query, shared), current_user.id, own_hospitals(), entry)
    except SavedViewError as problem:
        return _form(item, query, name, shared, {problem.field: str(problem)}), 400
    recorded()
    flash("The view is kept: it stands beside the filters of this page, and under Saved views.", "success")
    return redirect(_address(item.endpoint, query))


@blueprint.post("/<int:number>/remove")
@signed_in
def remove(number: int) -> Response:
    """Remove a view."""
    entry = audit_entry("view_remove", "saved_view", hospital_ids=own_hospitals())
    if not saved_views.remove(number, current_user.id, own_hospitals(), entry, manages=_manages()):
        abort(404, "There is no such view here.")
    recorded()
    flash("The view was removed.", "success")
    return redirect(url_for("saved_views.index"))


def _form(
    item: Item, query: str, name: str = "", shared: str | None = None, errors: dict[str, str] | None = None
) -> str:
    return render_template(
        "account/view.html", item=item, view=_address(item.endpoint, query), name=name, shared=shared or "",
        errors=errors or {}, hospitals=list(_hospitals().items()), longest=saved_views.LONGEST_NAME,
    )  # fmt: skip


def _page(address: str) -> tuple[Item, str]:
    """Return the page of the menu that ``address`` leads to, and those filters that may be kept; 400 if it leads elsewhere.

    What somebody typed into a search is left out: it may be a name.
    """
    parts = urlsplit(address)
    items = {item.endpoint: item for item in allowed_items()}
    try:
        endpoint, arguments = current_app.url_map.bind("").match(parts.path, "GET")
    except (HTTPException, RequestRedirect):
        endpoint, arguments = "", {}
    if parts.scheme or parts.netloc or arguments or endpoint not in items:
        abort(
            400, "Only a page of the menu can be kept as a view: open it, set its filters, and choose Save this view."
        )
    kept = [(name, value) for name, value in parse_qsl(parts.query) if name != "page" and is_plain(name, value)]
    return items[endpoint], urlencode(kept)


def _address(endpoint: str, query: str) -> str:
    return url_for(endpoint) + (f"?{query}" if query else "")


def _is_menu_page() -> bool:
    return current_user.is_authenticated and request.endpoint in {item.endpoint for item in allowed_items()}


def _of_this_page() -> list[tuple[str, str]]:
    """Return name and address of the views of the page that is shown."""
    found = saved_views.visible(current_user.id, own_hospitals())
    return [(view.name, _address(view.endpoint, view.query)) for view in found if view.endpoint == request.endpoint]


def _hospitals() -> dict[str, str]:
    return hospitals.names() if builds.find_live_build() else {}


def _may_remove(view: SavedView) -> bool:
    return view.user_id == current_user.id or (view.hospital_id is not None and _manages())


def _manages() -> bool:
    return "users:manage" in current_user.permissions


@blueprint.record
def _offer(state: object) -> None:
    app = state.app  # type: ignore[attr-defined]
    app.jinja_env.globals.update(is_menu_page=_is_menu_page, saved_views=_of_this_page, view_address=_address)
