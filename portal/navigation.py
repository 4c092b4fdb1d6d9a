"""What every page shows around its content: the menu of what the user may open, and how fresh the figures are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Flask, current_app, request, url_for
from flask_security import current_user

from portal import filter_labels, freshness
from portal.queries.figures.behind import CASES, Behind
from portal.security import allowed, demands


@dataclass(frozen=True)
class Item:
    """An entry of the menu and a card of Reports home. Shown if its view exists and the user may open it.

    ``also`` are further blueprints whose pages lie under it; ``group`` is the part of a long menu that it belongs to.
    """

    endpoint: str
    label: str
    summary: str
    also: tuple[str, ...] = ()
    group: str = ""

    @property
    def blueprints(self) -> tuple[str, ...]:
        """The blueprints whose pages lie under this entry."""
        return (self.endpoint.split(".")[0], *self.also)


@dataclass(frozen=True)
class Group:
    """Entries of a long menu that belong together; without a label, one that stands for itself."""

    label: str
    items: tuple[Item, ...]


# With more entries than that they stand in groups: one line of a usual screen holds no more.
_MOST_IN_A_ROW = 7
_FINANCE, _PRACTICE, _ADMINISTRATION = "Finance", "Practice", "Administration"

ITEMS = (
    Item("home.reports", "Reports", "All reports you may open"),
    Item("revenue.index", "Revenue", "What was collected and billed, by day, week or month"),
    Item("patients.index", "Patients", "Find a patient, read the payment history", ("contacts", "patient_statements")),
    Item("outstanding.index", "Outstanding", "Who owes what, and for how long", ("follow_ups",)),
    Item(
        "write_offs.index",
        "Write-offs",
        "What was given up, and what waits for a decision",
        ("write_off_batches", "write_off_reconciliation"),
        _FINANCE,
    ),
    Item(
        "financial_reports.index",
        "Financial reports",
        "Aging, revenue, collection rate, tax and write-offs of some days",
        group=_FINANCE,
    ),
    Item(
        "collections.index",
        "Collections",
        "Collection rate and its trend, months until money came in, key figures",
        group=_FINANCE,
    ),
    Item("tax.index", "Tax", "Tax by rate and over time", group=_FINANCE),
    Item(
        "accounting.index",
        "Accounting",
        "Roll-forward, cash receipts, credits and the months that are closed",
        group=_FINANCE,
    ),
    Item("insights.index", "Insights", "What your providers did and earned, compared and watched", group=_PRACTICE),
    Item(
        "compensation.index",
        "Compensation",
        "Pay of your providers: calculated beside stated, case by case",
        ("statements",),
        _PRACTICE,
    ),
    Item(
        "forecast.index", "Forecast", "The next 3, 6 and 12 months, with bands, scenarios and what-if", group=_PRACTICE
    ),
    Item(
        "billing_audit.index",
        "Billing audit",
        "What was done and not billed, or billed otherwise",
        ("case_logs", "case_decisions", "case_disputes"),
        _PRACTICE,
    ),
    Item(
        "filing_limits.index",
        "Filing deadlines",
        "How many days each payer gives to file a claim",
        group=_PRACTICE,
    ),
    Item("saved_views.index", "Saved views", "Pages with their filters, kept by you or for your hospital"),
    Item(
        "exports.index",
        "Exports",
        "What was exported, templates, and files that are sent regularly",
        ("export_orders",),
    ),
    Item("etl_runs.index", "ETL runs", "Runs, gates and quarantine", group=_ADMINISTRATION),
    Item("quarantine.index", "Quarantine", "What was refused and why, with its money", group=_ADMINISTRATION),
    Item("gates.index", "Gates", "How gates judged the last runs", group=_ADMINISTRATION),
    Item("user_admin.index", "Users", "Who may sign in, and what they may", group=_ADMINISTRATION),
    Item("audit_log.index", "Audit log", "Who saw and changed what, and the proof of it", group=_ADMINISTRATION),
    Item("usage.index", "Usage", "Which reports are opened, and by which roles", group=_ADMINISTRATION),
)


def allowed_items() -> list[Item]:
    """Return the entries that the signed-in user may open."""
    if not current_user.is_authenticated:
        return []
    return [item for item in ITEMS if allowed(demands(current_app, item.endpoint), current_user.permissions)]


def menu() -> list[Group]:
    """Return the entries that the signed-in user may open as the header shows them: in a row, or in groups if many."""
    items = allowed_items()
    in_groups: dict[str, list[Item]] = {}
    if len(items) <= _MOST_IN_A_ROW:
        return [Group("", (item,)) for item in items]
    for item in items:
        in_groups.setdefault(item.group or item.endpoint, []).append(item)
    return [Group(found[0].group if len(found) > 1 else "", tuple(found)) for found in in_groups.values()]


def address(endpoint: str) -> str:
    """Return the address of an entry; it shows the hospitals that this page was narrowed to."""
    return url_for(endpoint, hospitalId=request.args.getlist("hospitalId") or None)


def behind(leads_to: Behind, currency: str) -> str:
    """Return the address of what is behind a figure, of the hospitals (and provider) that this page was narrowed to."""
    of = {"hospitalId": request.args.getlist("hospitalId") or None, "currency": currency}
    if leads_to.figure == CASES:
        of["providerId"] = request.args.get("providerId")
        return url_for("insights.cases", **of | dict(leads_to.filters))
    return url_for("figures.show", figure=leads_to.figure, **of | dict(leads_to.filters))


def section() -> str:
    """Return the endpoint of the entry under which this page lies."""
    return next((item.endpoint for item in ITEMS if request.blueprint in item.blueprints), "home.reports")


def here(**changes: object) -> str:
    """Return the address of this page with parameters changed; None removes one. Every other filter stays."""
    kept = {name: value for name, value in (asked() | changes).items() if value is not None}
    return url_for(str(request.endpoint), **kept | (request.view_args or {}))


def export_dialog(entity: str, **more: object) -> str:
    """Return the address of the dialog that exports ``entity`` with the filters of this page; ``more`` are further ones."""
    return url_for("export_orders.new", **asked() | {"entity": entity} | more)


def asked() -> dict[str, Any]:
    """Return the parameters of this page's address, each with all its values, for the address of another.

    What ``url_for`` would take for its own (``_scheme`` and the like, ``endpoint``) is left out: whoever made the link to
    this page would choose with it where those of the page lead.
    """
    given = request.args.to_dict(flat=False)
    return {name: values for name, values in given.items() if not name.startswith("_") and name != "endpoint"}


def init_app(app: Flask) -> None:
    """Offer the menu, addresses with this page's filters, and ``freshness()`` to templates; no work before a call."""
    # Globals rather than a context processor: imported macros see them too.
    app.jinja_env.globals.update(
        export_dialog=export_dialog,
        filter_label=filter_labels.label,
        menu=menu,
        behind_address=behind,
        freshness=freshness.current,
        here=here,
        menu_address=address,
    )
