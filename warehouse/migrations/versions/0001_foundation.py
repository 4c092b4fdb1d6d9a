"""Schemas and the pipeline's operational tables."""

from warehouse.migrations.sql import run_file

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_file("0001_foundation.sql")


def downgrade() -> None:
    raise NotImplementedError("Restore the backup that was taken before this migration.")
