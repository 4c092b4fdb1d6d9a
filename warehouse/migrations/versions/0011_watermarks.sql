-- How far a table of a database source has been read. A row belongs to its batch: marks count once the batch is accepted,
-- so that what a refused run read is read again.

create table ops.watermarks (
  batch_id bigint not null references ops.batches (batch_id) on delete cascade,
  table_name text not null,
  signature text not null,
  marks jsonb not null,
  keys_compared_at timestamptz not null,
  runs_since_comparison integer not null check (runs_since_comparison >= 0),
  primary key (batch_id, table_name)
);
comment on table ops.watermarks is 'How far each table of a database source was read by each batch.';
comment on column ops.watermarks.signature is 'Digest of source, mapping, columns: with another, all is read.';
comment on column ops.watermarks.marks is 'Highest updated_at of each table of the source, as it has them; instants in UTC.';
comment on column ops.watermarks.keys_compared_at is 'Instant of the last run that read every row, or every key.';

-- Rows that the source still has and a partial delivery did not bring: landed + unread is what the source holds.
alter table ops.run_tables
  add column rows_unread bigint not null default 0 check (rows_unread >= 0),
  add column amount_unread numeric(24, 3) not null default 0;
