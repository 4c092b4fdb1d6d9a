"""Compensation statements that people imported, where the source delivers none."""

from warehouse.migrations.sql import run_file

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_file("0032_statements.sql")


def downgrade() -> None:
    raise NotImplementedError("Restore the backup that was taken before this migration.")
