"""The billing audit on behalf of the signed-in user: what the API, the files and the pages do alike."""

from __future__ import annotations

from dataclasses import dataclass

from flask import abort, g
from flask_security import current_user

from portal.analytics.billing_audit import AuditReport
from portal.analytics.periods import DateRange
from portal.api.v1.asked import Reach, currency_of
from portal.api.v1.billing_audit_parameters import AuditQuery
from portal.api.v1.described import described
from portal.api.v1.schema import InvalidParametersError
from portal.queries import case_logs
from portal.queries.billing_audits import BillingAudit, billing_audit
from portal.queries.case_logs import LogScope, Upload
from portal.queries.denied_claims import DeniedClaim, denied_claims
from portal.queries.providers import LinkedProvider, linked_providers, provider_keys
from portal.security import current_hospitals, current_providers
from portal.services.case_logs import Person, UnknownUploadError, Whose


@dataclass(frozen=True)
class Audit:
    """An audit, and what it says of the days that were asked for; ``days`` is None where no log covers any.

    ``denied`` are claims of the invoices of these days, whether or not a log has their cases.
    """

    found: BillingAudit
    report: AuditReport
    days: DateRange | None
    denied: tuple[DeniedClaim, ...] = ()


def person() -> Person:
    """Return the signed-in user as somebody who uploads and decides."""
    return Person(current_user.id, current_hospitals())


def scope_asked(provider_id: str | None, currency: str, here: Reach) -> LogScope:
    """Return whose logs are asked for; 404 for a provider that is none of the caller's."""
    links = current_providers()
    if provider_id is not None and not provider_keys(here.marts, links, provider_id):
        g.denied = True
        abort(404, "There is no such provider among yours.")
    return LogScope(links, currency, provider_id)


def audit_asked(query: AuditQuery, here: Reach, currency: str | None = None) -> Audit:
    """Return the audit that ``query`` asks for; ``currency`` settles it where the query does not.

    Raises:
        InvalidParametersError: if several currencies are in reach and none is named.
    """
    chosen = currency or currency_of(query, here.currencies)
    found = billing_audit(here.marts, scope_asked(query.provider_id, chosen, here))
    if found.covered is None:
        return Audit(found, found.report(), None)
    start = query.start_date or min(found.covered.start, query.end_date or found.covered.start)
    end = query.end_date or max(found.covered.end, start)
    days = DateRange(start, end)
    return Audit(found, found.report(days), days, tuple(denied_claims(here.marts, found.scope, days)))


def audit_words(audit: Audit, query: AuditQuery, here: Reach) -> list[tuple[str, str]]:
    """Return in words what limits the audit."""
    days = [("From", audit.days.start), ("To", audit.days.end)] if audit.days else []
    return described(query, here, days)


def providers(here: Reach) -> list[LinkedProvider]:
    """Return the caller's providers, by name."""
    return linked_providers(here.marts, current_providers())


def whose(provider_id: str | None, here: Reach) -> Whose:
    """Return the provider of a log: the one that is named, else the caller's only one.

    Raises:
        InvalidParametersError: if it has to be named, or several hospitals have one called so.
    """
    own = [one for one in providers(here) if provider_id in (None, one.provider_id)]
    if not own:
        g.denied = provider_id is not None
        abort(404, "There is no such provider among yours.")
    if len(own) > 1:
        if len({one.provider_id for one in own}) == 1:
            named = ", ".join(one.hospital_id for one in own)
            raise InvalidParametersError(
                {"hospitalId": f"is required, as several hospitals use this id: one of {named}"}
            )
        raise InvalidParametersError({"providerId": "is required, as you have several: say whose log it is"})
    return Whose(own[0].hospital_id, own[0].provider_id)


def upload_asked(number: int, here: Reach) -> Upload:
    """Return an upload in reach.

    Raises:
        UnknownUploadError: if there is none.
    """
    found = case_logs.find_upload(here.marts, number, current_providers(), current_user.id)
    if found is None:
        raise UnknownUploadError(f"There is no upload {number} of your providers.")
    return found
