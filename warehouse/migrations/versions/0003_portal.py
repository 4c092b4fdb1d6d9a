"""The portal's tables: users, roles, tokens, audit log, exports."""

from warehouse.migrations.sql import run_file

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_file("0003_portal.sql")


def downgrade() -> None:
    raise NotImplementedError("Restore the backup that was taken before this migration.")
