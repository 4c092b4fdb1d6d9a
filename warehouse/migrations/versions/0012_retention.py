"""What retention needs: the audit log's head in the run log, anchors of purged records, runs that may leave."""

from warehouse.migrations.sql import run_file

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_file("0012_retention.sql")


def downgrade() -> None:
    raise NotImplementedError("Restore the backup that was taken before this migration.")
