"""Second factor of users: the secret of an authenticator app, and hashes of recovery codes."""

from warehouse.migrations.sql import run_file

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_file("0019_second_factor.sql")


def downgrade() -> None:
    raise NotImplementedError("Restore the backup that was taken before this migration.")
