"""Write-offs: requests, the decisions that count, and which decisions each build contains."""

from warehouse.migrations.sql import run_file

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_file("0010_write_offs.sql")


def downgrade() -> None:
    raise NotImplementedError("Restore the backup that was taken before this migration.")
