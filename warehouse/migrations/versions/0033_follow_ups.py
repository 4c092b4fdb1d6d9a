"""Follow-up of open invoices: notes, promises to pay and next contacts."""

from warehouse.migrations.sql import run_file

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_file("0033_follow_ups.sql")


def downgrade() -> None:
    raise NotImplementedError("Restore the backup that was taken before this migration.")
