"""Forecasts that are kept, to be compared with what comes."""

from warehouse.migrations.sql import run_file

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_file("0023_forecast_snapshots.sql")


def downgrade() -> None:
    raise NotImplementedError("Restore the backup that was taken before this migration.")
