"""Alerts know which targets have taken them, and halted batches may be let past a gate."""

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

# What exactly was accepted: the failing entries of the gate, each with the number that was judged.
_ACCEPTANCES = """
create table ops.gate_acceptances (
  acceptance_id bigint generated always as identity primary key,
  run_id bigint not null references ops.etl_process_status (id) on delete cascade,
  gate text not null,
  entries jsonb not null,
  reason text not null check (btrim(reason) <> ''),
  accepted_by text not null,
  accepted_at timestamptz not null default clock_timestamp()
)
"""


def upgrade() -> None:
    op.execute("alter table ops.alerts add column delivered_to text[] not null default '{}'")
    op.execute(_ACCEPTANCES)


def downgrade() -> None:
    raise NotImplementedError("Restore the backup that was taken before this migration.")
