"""Database sources are read incrementally: marks of what was read, and what a partial delivery left unread."""

from warehouse.migrations.sql import run_file

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_file("0011_watermarks.sql")


def downgrade() -> None:
    raise NotImplementedError("Restore the backup that was taken before this migration.")
