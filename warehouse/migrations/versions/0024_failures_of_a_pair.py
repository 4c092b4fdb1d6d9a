"""Failures to sign in, by account and network address together."""

from warehouse.migrations.sql import run_file

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_file("0024_failures_of_a_pair.sql")


def downgrade() -> None:
    raise NotImplementedError("Restore the backup that was taken before this migration.")
