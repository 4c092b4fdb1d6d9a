"""Contact details of patients: asked for in one transaction, revealed in the next."""

from warehouse.migrations.sql import run_file

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_file("0017_contact_reveals.sql")


def downgrade() -> None:
    raise NotImplementedError("Restore the backup that was taken before this migration.")
