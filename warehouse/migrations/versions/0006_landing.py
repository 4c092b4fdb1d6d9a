"""What landing needs of large tables: fresh statistics, and an index for replaced identity."""

from warehouse.migrations.sql import run_file

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_file("0006_landing.sql")


def downgrade() -> None:
    raise NotImplementedError("Restore the backup that was taken before this migration.")
