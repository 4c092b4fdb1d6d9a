"""Row policies for what the portal reads beside the marts: runs, alerts, refused rows, exports, the audit log."""

from warehouse.migrations.sql import run_file

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_file("0034_policies.sql")


def downgrade() -> None:
    raise NotImplementedError("Restore the backup that was taken before this migration.")
