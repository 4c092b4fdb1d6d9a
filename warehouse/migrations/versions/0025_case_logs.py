"""Case logs of providers: what was uploaded, the cases in it, and what people decided about them."""

from warehouse.migrations.sql import run_file

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_file("0025_case_logs.sql")


def downgrade() -> None:
    raise NotImplementedError("Restore the backup that was taken before this migration.")
