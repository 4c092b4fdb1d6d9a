"""Exports: the log of every file, files that are kept, templates, and schedules by mail."""

from warehouse.migrations.sql import run_file

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_file("0030_exports.sql")


def downgrade() -> None:
    raise NotImplementedError("Restore the backup that was taken before this migration.")
