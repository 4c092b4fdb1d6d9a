"""What the tabs and charts of the financial reports are made from: days, currency, and the figures of the live build."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from portal.analytics.periods import Comparison, DateRange, compared
from portal.api.v1.asked import Reach, aging_on
from portal.api.v1.described import described
from portal.api.v1.parameters import RangeQuery
from portal.queries.aging import AgingReport, aging
from portal.queries.breakdowns import BreakdownFilter, PayerBreakdown, by_payer
from portal.queries.collection_rates import CollectionFilter, CollectionReport, collection_rate
from portal.queries.write_offs import WriteOffSummary, write_off_summary

Tab = Literal["overview", "ar-aging", "revenue", "collection", "write-offs"]
TABS: dict[Tab, str] = {
    "overview": "Overview", "ar-aging": "AR aging", "revenue": "Revenue", "collection": "Collection", "write-offs": "Write-offs",
}  # fmt: skip
Chart = Literal["aging", "payers", "departments", "collection"]


class FinancialQuery(RangeQuery):
    """Which days, on which basis, compared with what, and which tab."""

    basis: Literal["collected", "billed"] = "billed"
    compare: Comparison | None = None
    tab: Tab = "overview"


@dataclass(frozen=True)
class Desk:
    """What the reports of one currency are made from."""

    here: Reach
    days: DateRange
    currency: str
    query: FinancialQuery

    @property
    def words(self) -> list[tuple[str, str]]:
        """The filters in words."""
        return described(self.query, self.here, [("From", self.days.start), ("To", self.days.end)])

    def aging(self) -> AgingReport:
        """Receivables of the business date."""
        return aging(self.here.marts, aging_on(None, self.currency, self.here))

    def revenue(self) -> BreakdownFilter:
        """Which revenue is broken down."""
        return BreakdownFilter(self.days, self.currency, self.query.basis)

    def payers(self) -> PayerBreakdown:
        """Revenue by payer."""
        return by_payer(self.here.marts, self.revenue())

    def collection(self) -> CollectionReport:
        """Collection rate by month."""
        asked = CollectionFilter(self.days, self.currency, "month")
        return collection_rate(self.here.marts, asked, self.here.business_date)

    def former_collection(self) -> CollectionReport | None:
        """Collection rate of the days that these are compared with, None if with none."""
        if self.query.compare is None:
            return None
        days = compared(self.days, self.query.compare, "month", self.here.business_date)
        asked = CollectionFilter(days, self.currency, "month")
        return collection_rate(self.here.marts, asked, self.here.business_date)

    def write_offs(self) -> WriteOffSummary:
        """What was written off."""
        return write_off_summary(self.here.marts, self.days, self.currency)
