"""Months that were closed, with the figures as they were issued."""

from warehouse.migrations.sql import run_file

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_file("0009_period_closes.sql")


def downgrade() -> None:
    raise NotImplementedError("Restore the backup that was taken before this migration.")
