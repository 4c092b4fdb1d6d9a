"""A clinic's database as a source, on SQLite, PostgreSQL or MySQL, and runs that land it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import sqlalchemy as sa

from pipeline import landing
from pipeline.context import RunContext
from pipeline.landing import TableCount
from pipeline.sources import open_source
from tests.integration.landing.world import KEYS, Warehouse

FIRST = datetime(2025, 7, 1, 12, 0, tzinfo=UTC)
_TABLES = (
    "create table hospitals (hospital_id varchar(20), name varchar(40), timezone varchar(40))",
    "create table invoices (invoice_id varchar(20) primary key, hospital_id varchar(20), patient_id varchar(20),"
    " invoice_date date, total {money}, status varchar(20), updated_at {stamp})",
    "create table payments (payment_id varchar(20) primary key, invoice_id varchar(20), payment_date date, amount {money},"
    " status varchar(20), updated_at {stamp})",
    "insert into hospitals values ('H1', 'North', 'America/New_York'), ('H2', 'South', 'UTC')",
)


@dataclass
class ClinicDatabase:
    """A source database and the warehouse that it is landed in; ``url`` is what ``--source`` takes."""

    url: str
    warehouse: Warehouse
    now: datetime = FIRST
    mapping: Path | None = None

    def create(self, stamp: str = "timestamp", money: str = "numeric(12,2)") -> None:
        """Create the tables, with two hospitals."""
        self.execute(*(statement.format(stamp=stamp, money=money) for statement in _TABLES))

    def execute(self, *statements: str) -> None:
        """Change the source."""
        url = self.url.replace("postgresql://", "postgresql+psycopg://").replace("mysql://", "mysql+pymysql://")
        engine = sa.create_engine(url, poolclass=sa.NullPool)
        with engine.begin() as connection:
            for statement in statements:
                connection.exec_driver_sql(statement)

    def invoice(self, key: str, updated_at: str | None, **more: str) -> None:
        """Insert an invoice, or replace it."""
        row = {
            "hospital_id": "H1",
            "patient_id": "P1",
            "invoice_date": "2025-06-01",
            "total": "100.00",
            "status": "issued",
        }
        row |= more | {"invoice_id": key}
        values = [f"'{value}'" for value in row.values()] + [f"'{updated_at}'" if updated_at else "null"]
        self.execute(
            f"delete from invoices where invoice_id = '{key}'",
            f"insert into invoices ({', '.join(row)}, updated_at) values ({', '.join(values)})",
        )

    def land(self, hours: float = 4) -> dict[str, TableCount]:
        """Land as a run some hours after the last one; it is neither accepted nor refused yet."""
        self.now += timedelta(hours=hours)
        start = (
            "insert into ops.etl_process_status (status, started_at, instant) values ('running', %s, %s) returning id"
        )
        self.warehouse.run = RunContext(self.warehouse.one(start, self.now, self.now)[0], self.now)
        with open_source("clinic", self.url, self.mapping) as source:
            counts = landing.land_source(self.warehouse.connection, source, self.warehouse.run, KEYS)
        self.warehouse.connection.commit()
        return {count.table_name: count for count in counts}

    def publish(self, hours: float = 4) -> dict[str, TableCount]:
        """Land as a run that is accepted."""
        counts = self.land(hours)
        self.warehouse.accept()
        return counts

    def invoices(self) -> list[str]:
        """Keys of the current accepted invoices."""
        return [key for _, key, is_deleted in self.warehouse.current("invoices") if not is_deleted]
