"""Row policies for the log, templates, schedules and files of exports; a file that is made keeps its line as it is."""

from warehouse.migrations.sql import run_file

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_file("0037_export_policies.sql")


def downgrade() -> None:
    raise NotImplementedError("Restore the backup that was taken before this migration.")
