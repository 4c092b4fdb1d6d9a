"""Disputes with the billing company about cases, and how many days payers give to file a claim."""

from warehouse.migrations.sql import run_file

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_file("0031_disputes.sql")


def downgrade() -> None:
    raise NotImplementedError("Restore the backup that was taken before this migration.")
