"""Requests for a new password by mail are counted."""

from warehouse.migrations.sql import run_file

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_file("0020_reset_requests.sql")


def downgrade() -> None:
    raise NotImplementedError("Restore the backup that was taken before this migration.")
