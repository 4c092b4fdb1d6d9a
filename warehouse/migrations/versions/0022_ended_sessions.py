"""Sessions that ended before their time."""

from warehouse.migrations.sql import run_file

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_file("0022_ended_sessions.sql")


def downgrade() -> None:
    raise NotImplementedError("Restore the backup that was taken before this migration.")
