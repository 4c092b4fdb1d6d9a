"""Migrations are plain SQL files beside their revision."""

from pathlib import Path

from alembic import op


def run_file(name: str) -> None:
    """Run a SQL file of ``versions`` as it is, on the migration's connection."""
    text = (Path(__file__).parent / "versions" / name).read_text(encoding="utf-8")
    op.get_bind().connection.cursor().execute(text)
