"""Modifiers of a charge: what changes the pay of a case beside its procedure and its time."""

from warehouse.migrations.sql import run_file

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_file("0007_modifiers.sql")


def downgrade() -> None:
    raise NotImplementedError("Restore the backup that was taken before this migration.")
