"""From which day a build's payment history holds everything."""

from warehouse.migrations.sql import run_file

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_file("0008_history.sql")


def downgrade() -> None:
    raise NotImplementedError("Restore the backup that was taken before this migration.")
