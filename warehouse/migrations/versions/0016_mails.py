"""Mails that wait to be sent, and requests for write-offs that were made together."""

from warehouse.migrations.sql import run_file

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_file("0016_mails.sql")


def downgrade() -> None:
    raise NotImplementedError("Restore the backup that was taken before this migration.")
