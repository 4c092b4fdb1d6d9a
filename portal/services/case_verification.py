"""``verified_in_billing``: which logged cases have charges for certain, by the same ticket or because a person said so."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import Connection, text

from portal import builds
from portal.models import db
from portal.queries.billing_audits import billing_audit
from portal.queries.case_logs import LogScope
from portal.services import audit
from portal.services.audit import Entry

_CURRENCY = text("select currency from dim_hospitals where hospital_id = :hospital_id")
_HOSPITALS = text("""
  select dates.hospital_id
  from ops.business_dates as dates
  join ops.builds as live on live.build_id = dates.build_id and live.state = 'live'
  order by 1
""")
_PROVIDERS = text("select distinct provider_id from portal.user_case_log where hospital_id = :hospital_id order by 1")
_SET = text("""
  update portal.user_case_log as l set verified_in_billing = (l.case_key = any (:verified))
  where l.hospital_id = :hospital_id and l.provider_id = :provider_id
    and l.verified_in_billing <> (l.case_key = any (:verified))
""")


def refresh(connection: Connection, hospital_id: str, provider_id: str) -> int:
    """Set the mark on every row of a provider's log as the live build has it. Returns how many rows changed.

    Args:
        connection: a transaction that writes for the hospital and reads the live build.
        hospital_id: of the provider.
        provider_id: whose log.
    """
    currency: str = connection.execute(_CURRENCY, {"hospital_id": hospital_id}).scalar_one()
    audit = billing_audit(connection, LogScope(((hospital_id, provider_id),), currency))
    verified = [one.logged.key for one in audit.matching.matches if one.kind != "likely"]
    whose = {"hospital_id": hospital_id, "provider_id": provider_id}
    return connection.execute(_SET, whose | {"verified": verified}).rowcount


def hospitals() -> list[str]:
    """Return the hospitals of the live build.

    Raises:
        NoBuildError: if nothing was ever published.
    """
    with db.engine.begin() as connection:
        builds.pin_newest(connection, ())
        return list(connection.execute(_HOSPITALS).scalars())


def refresh_all(entry: Entry) -> int:
    """Set the marks of every hospital's logs, each hospital in a transaction with its audit record. Returns how many changed.

    Raises:
        NoBuildError: if nothing was ever published.
    """
    total = 0
    for hospital_id in hospitals():
        with db.engine.begin() as connection:
            builds.pin_newest(connection, (hospital_id,))
            providers: list[str] = list(connection.execute(_PROVIDERS, {"hospital_id": hospital_id}).scalars())
            changed = sum(refresh(connection, hospital_id, provider_id) for provider_id in providers)
            if changed:
                new = {"changed": changed}
                audit.record(replace(entry, hospital_ids=(hospital_id,), new_values=new), connection)
        total += changed
    return total
