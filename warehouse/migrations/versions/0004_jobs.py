"""The job queue's own tables (procrastinate), in schema jobs."""

from alembic import op
from procrastinate.schema import SchemaManager

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    schema = SchemaManager.get_schema()
    cursor = op.get_bind().connection.cursor()
    cursor.execute("set local search_path to jobs")
    cursor.execute(schema)
    cursor.execute("set local search_path to public")


def downgrade() -> None:
    raise NotImplementedError("Restore the backup that was taken before this migration.")
