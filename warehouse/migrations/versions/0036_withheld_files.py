"""Files that wait to be mailed are withheld when their reader loses a role, a hospital or a provider."""

from warehouse.migrations.sql import run_file

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_file("0036_withheld_files.sql")


def downgrade() -> None:
    raise NotImplementedError("Restore the backup that was taken before this migration.")
