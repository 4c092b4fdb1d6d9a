"""``verified_in_billing``: which logged cases have charges for certain, by the same ticket or because a person said so."""

from __future__ import annotations

from sqlalchemy import Connection, text

from portal.queries.billing_audits import billing_audit
from portal.queries.case_logs import LogScope

_CURRENCY = text("select currency from dim_hospitals where hospital_id = :hospital_id")
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
