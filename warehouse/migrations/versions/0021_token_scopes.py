"""Scopes of API tokens, and when they were used."""

from warehouse.migrations.sql import run_file

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_file("0021_token_scopes.sql")


def downgrade() -> None:
    raise NotImplementedError("Restore the backup that was taken before this migration.")
