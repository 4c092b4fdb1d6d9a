"""Claims of providers' invoices that were denied: what is to be appealed, without the patient."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from portal.analytics.periods import DateRange
from portal.queries.case_logs import LogScope
from portal.queries.sql import rows

_DENIED = """
    select claims.claim_key, claims.claim_id, claims.hospital_id, providers.provider_id, invoices.invoice_date as case_date,
           claims.adjudicated_date, claims.payer_key, payers.name as payer_name, claims.denial_code,
           coalesce(claims.billed_amount, 0) as billed, coalesce(claims.paid_amount, 0) as paid
    from fct_claims as claims
    inner join fct_invoices as invoices on claims.invoice_key = invoices.invoice_key
    inner join dim_providers as providers on invoices.provider_key = providers.provider_key
    left join dim_payers as payers on claims.payer_key = payers.payer_key
    where claims.is_denied and not claims.is_replaced and claims.currency = :currency
      and (cast(:start as date) is null or invoices.invoice_date between :start and :end)
      and (cast(:claim_key as uuid) is null or claims.claim_key = :claim_key)
      and (cast(:provider_id as text) is null or providers.provider_id = :provider_id)
      and (:everyone or (claims.hospital_id, providers.provider_id) in (
          select * from unnest(cast(:hospitals as text[]), cast(:ids as text[]))
      ))
    order by invoices.invoice_date, claims.claim_id, claims.claim_key"""


@dataclass(frozen=True)
class DeniedClaim:
    """A denied claim that no other took the place of; ``case_date`` is its invoice's."""

    claim_key: UUID
    claim_id: str
    hospital_id: str
    provider_id: str
    case_date: date
    adjudicated_date: date | None
    payer_key: UUID | None
    payer_name: str | None
    denial_code: str | None
    billed: Decimal
    paid: Decimal

    @property
    def key(self) -> str:
        """What a dispute about it is kept under."""
        return str(self.claim_key)


def denied_claims(
    connection: Connection, scope: LogScope, days: DateRange | None = None, claim_key: UUID | None = None
) -> list[DeniedClaim]:
    """Return the denied claims of the providers in ``scope``, oldest first.

    Args:
        connection: the build.
        scope: whose, and in which currency.
        days: of the invoices; None is all.
        claim_key: only this one.
    """
    parameters: dict[str, Any] = scope.parameters | {
        "start": days.start if days else None, "end": days.end if days else None, "claim_key": claim_key,
    }  # fmt: skip
    return rows(connection, _DENIED, parameters, DeniedClaim)
