"""Definer functions through which the portal searches identity without reading it."""

from warehouse.migrations.sql import run_file

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_file("0005_phi_functions.sql")


def downgrade() -> None:
    raise NotImplementedError("Restore the backup that was taken before this migration.")
