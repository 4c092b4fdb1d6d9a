"""Tries to sign in that failed, and how long further ones are put off."""

from warehouse.migrations.sql import run_file

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_file("0018_sign_in_failures.sql")


def downgrade() -> None:
    raise NotImplementedError("Restore the backup that was taken before this migration.")
