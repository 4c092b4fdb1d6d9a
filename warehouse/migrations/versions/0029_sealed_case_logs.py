"""Case logs encrypted with the keys of identity, those that are there as well."""

from collections.abc import Sequence
from typing import Any

from alembic import op
from sqlalchemy import text

from warehouse.identity import seal
from warehouse.migrations.sql import run_file
from warehouse.settings import load_secrets

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

_CLEAR = (("case_log_uploads", ("file_name", "content", "layout")), ("user_case_log", ("notes",)))


def upgrade() -> None:
    run_file("0029_sealed_case_logs.sql")
    for table, columns in _CLEAR:
        for column in columns:
            _seal(table, column)


def downgrade() -> None:
    raise NotImplementedError("Restore the backup that was taken before this migration.")


def _seal(table: str, column: str) -> None:
    found: Sequence[Any] = (
        op.get_bind().execute(text(f"select id, {column} from portal.{table} where {column} is not null")).all()
    )
    keys = load_secrets().phi_keys if found else ()
    for number, clear in found:
        values = {"id": number, "sealed": seal(bytes(clear), keys)}
        op.get_bind().execute(text(f"update portal.{table} set {column} = :sealed where id = :id"), values)
