"""How many words of a delivery were no codes and did not land."""

from warehouse.migrations.sql import run_file

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_file("0028_withheld_words.sql")


def downgrade() -> None:
    raise NotImplementedError("Restore the backup that was taken before this migration.")
