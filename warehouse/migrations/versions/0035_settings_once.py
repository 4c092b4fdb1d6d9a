"""Row policies read their setting once for a query, not once for a row that is looked at."""

from warehouse.migrations.sql import run_file

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_file("0035_settings_once.sql")


def downgrade() -> None:
    raise NotImplementedError("Restore the backup that was taken before this migration.")
