"""What every page and endpoint asks, as the portal's role under its row policies, is read by index where there are many rows."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import pytest

from portal.queries.figures.kinds import Figure
from portal.queries.figures.registry import FIGURES
from tests.conftest import fresh_database
from tests.portal import world
from tests.portal.audit.walk import Portal, addresses, shown
from tests.portal.plans.reading import Scan, planned
from tests.portal.plans.volume import OF_ACCOUNTS, grow
from warehouse.engine import connect

# Drawn or laid out from the same rows, which takes its time: another form of a page or file that is asked for, too.
_DRAWN = re.compile(r"pdf|xlsx|chart\.(svg|png)|/month/report\?")
# Beside each page as it opens: its tabs, the figures that it links to, and the filters that ask other tables.
_RANGE = "hospitalId=H1&startDate=2026-01-01&endDate=2026-03-31"
_FILTERED = [
    *(f"/collections?{_RANGE}&tab={tab}" for tab in ("lag", "key-figures")),
    *(f"/accounting?{_RANGE}&tab={tab}" for tab in ("cash-receipts", "credits", "month-end")),
    *(f"/financial-reports?{_RANGE}&tab={tab}" for tab in ("ar-aging", "revenue")),
    *(
        f"/figures/{name}?{_RANGE}"
        for name, figure in FIGURES.items()
        if isinstance(figure, Figure)
        and "start_date" in figure.takes
        and set(figure.requires) <= {"start_date", "end_date"}
    ),
    *(
        f"/staff/outstanding?hospitalId=H1&{asked}"
        for asked in (
            "asOfDate=2026-01-31",
            "asOfDate=2026-01-31&knownAt=2026-02-28",
            "minDays=60&maxDays=61",
            "minAmount=99",
        )
    ),
    "/api/v1/reports/outstanding?hospitalId=H1&patientId=P01",
    "/api/v1/financial-reports/ar-aging?hospitalId=H1&asOfDate=2026-01-31&allocation=oldest",
]
# No page asks these: analysts do.
_FOR_ANALYSTS = {
    "rpt_period_figures", "rpt_roll_rates", "rpt_aging_month_ends", "rpt_claims_monthly", "rpt_write_offs",
    "fct_receivables_aging_by_provider",
}  # fmt: skip
_OF_ONE = re.compile(r"/(P01|I01)\b|=P01\b")
_ITS_OWN = re.compile(r"(patient_id|invoice_id|\w+_key|\bid) = ")
# A function that would be called for every row: what a policy asks is asked once.
_CALLED = re.compile(r"current_setting|string_to_array|pg_has_role")
_ONCE = re.compile(r"\( SELECT (string_to_array\(|\(NULLIF\()?current_setting\(")


@dataclass(frozen=True)
class Asked:
    """How tables were to be read for each address, with hospital H1 asked for, and the tables that have many rows."""

    portal: Portal
    large: set[str]
    scans: Mapping[str, Sequence[Scan]]

    def wrong(self, address: str) -> list[Scan]:
        """Return what is read from end to end, or asked for every row, although there are many."""
        found = self.scans.get(address) or _scans(self.portal, "", address)
        return [
            scan
            for scan in found
            if (scan.table in self.large and scan.how == "Seq Scan") or _CALLED.search(scan.looks_at)
        ]


@pytest.fixture(scope="module")
def asked(server: str, published_world: str) -> Iterator[Asked]:
    """Open everything that the portal shows."""
    for _ in fresh_database(server, published_world):
        portal = Portal(world.make_app())
        large = grow()
        found = {
            address: _scans(portal, rule.endpoint, address)
            for rule in shown(portal)
            for address in addresses(portal, rule)
            if not _DRAWN.search(address)
        }
        found |= {address: _scans(portal, "", address) for address in _FILTERED}
        yield Asked(portal, large, found)


def _scans(portal: Portal, endpoint: str, address: str) -> list[Scan]:
    with planned(portal.app) as scans, portal.browser(endpoint).get(address) as answer:
        assert answer.status_code == 200 and answer.data, address
    return scans


def _told(wrong: Mapping[str, Sequence[Scan]]) -> str:
    scans = {scan: address for address, found in wrong.items() for scan in found}
    return "\n\n".join(
        f"{address}: {scan.how} of {scan.table} ({scan.looks_at}), asked by {scan.question}"
        for scan, address in scans.items()
    )


def test_no_page_reads_a_large_table_whole_or_calls_functions_for_every_row(asked: Asked) -> None:
    wrong = {address: found for address in asked.scans if (found := asked.wrong(address))}
    assert not wrong, _told(wrong)


def test_the_page_of_one_patient_or_invoice_is_looked_up_by_it(asked: Asked) -> None:
    of_one = {address: found for address, found in asked.scans.items() if _OF_ONE.search(address)}
    wrong = {
        address: [
            scan
            for scan in found
            # How decisions that no build contains yet are joined depends on how few they are.
            if scan.table in OF_ACCOUNTS and not _ITS_OWN.search(scan.looks_up) and "decided as (" not in scan.question
        ]
        for address, found in of_one.items()
    }
    assert len(of_one) >= 8
    assert not any(wrong.values()), _told(wrong)


def test_every_large_table_that_a_page_asks_was_asked(asked: Asked) -> None:
    read = {scan.table for found in asked.scans.values() for scan in found}
    assert asked.large - read == _FOR_ANALYSTS
    assert {
        "write_offs",
        "disputes",
        "follow_ups",
        "audit_log",
        "imported_statements",
    } <= read  # what people wrote, too


def test_ids_are_compared_alike_in_every_table(asked: Asked) -> None:
    assert asked.scans
    with connect("owner") as owner:
        collations = owner.execute(
            "select a.attname, array_agg(distinct l.collname || ' in ' || n.nspname order by l.collname || ' in ' || n.nspname)"
            " from pg_attribute as a join pg_class as c on c.oid = a.attrelid join pg_namespace as n on n.oid = c.relnamespace"
            " join pg_collation as l on l.oid = a.attcollation"
            " where c.relkind = 'r' and a.attnum > 0 and a.attname in"
            " ('hospital_id', 'invoice_id', 'patient_id', 'provider_id', 'department_id', 'payer_id')"
            " and n.nspname in ('marts_b1', 'portal') group by 1 order by 1"
        ).fetchall()
    assert len(collations) == 6
    assert {name: found for name, found in collations if not all(one.startswith("C in ") for one in found)} == {}


def test_every_policy_reads_its_setting_once(asked: Asked) -> None:
    assert asked.scans
    with connect("owner") as owner:
        policies = owner.execute(
            "select schemaname || '.' || tablename, qual from pg_policies"
            " where 'daybook_portal' = any (roles) and qual like '%current_setting%'"
        ).fetchall()
    assert len(policies) > 40
    wrong = [name for name, asks in policies if asks.count("current_setting(") != len(_ONCE.findall(asks))]
    assert not wrong


def test_a_missing_index_and_a_policy_that_asks_every_row_would_be_seen(asked: Asked) -> None:
    page = "/staff/patients/P01?hospitalId=H1&again"
    assert not asked.wrong(page)
    with connect("owner") as owner:
        dropped = owner.execute(
            "select string_agg(format('marts_b1.%I', indexname), ', ') from pg_indexes"
            " where schemaname = 'marts_b1' and tablename = 'patient_payment_history'"
        ).fetchall()[0][0]
        owner.execute(f"drop index {dropped}")
        owner.execute(
            "alter policy hospital_of_portal on marts_b1.rpt_patient_accounts"
            " using (hospital_id = any (string_to_array(current_setting('daybook.hospitals', true), ',')) or hospital_id = '')"
        )
        owner.commit()
    assert {scan.table for scan in asked.wrong(page)} == {"patient_payment_history", "rpt_patient_accounts"}
