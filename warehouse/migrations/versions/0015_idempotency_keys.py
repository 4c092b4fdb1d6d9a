"""Keys by which a program repeats a request that it has no answer to, without doing it twice."""

from warehouse.migrations.sql import run_file

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_file("0015_idempotency_keys.sql")


def downgrade() -> None:
    raise NotImplementedError("Restore the backup that was taken before this migration.")
