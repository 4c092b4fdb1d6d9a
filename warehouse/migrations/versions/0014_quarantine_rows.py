"""Rejected rows for people who correct them: where each stood and why, never what it held."""

from warehouse.migrations.sql import run_file

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_file("0014_quarantine_rows.sql")


def downgrade() -> None:
    raise NotImplementedError("Restore the backup that was taken before this migration.")
