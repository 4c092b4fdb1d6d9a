"""Raw and quarantine tables of every canonical table."""

from warehouse.migrations.sql import run_file

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_file("0002_raw.sql")


def downgrade() -> None:
    raise NotImplementedError("Restore the backup that was taken before this migration.")
