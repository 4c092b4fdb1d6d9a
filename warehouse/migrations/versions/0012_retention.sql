-- The audit log's head as each run saw it when it ended: a log that is cut off later does not reach it any more.
alter table ops.etl_process_status add column audit_id bigint, add column audit_hash bytea;
comment on column ops.etl_process_status.audit_id is 'Newest audit record when the run ended.';
comment on column ops.etl_process_status.audit_hash is 'Its hash.';

-- The pipeline has no right to the log; the function is the owner's and tells number and hash only.
create function ops.note_audit_head()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
  select log.id, log.hash into new.audit_id, new.audit_hash
  from portal.audit_log as log order by log.id desc limit 1;
  return new;
end
$$;
revoke all on function ops.note_audit_head() from public;
create trigger note_audit_head before update on ops.etl_process_status
  for each row when (old.completed_at is null and new.completed_at is not null)
  execute function ops.note_audit_head();

-- Records that were purged: the last one's number and hash, signed, so that the chain can go on from there.
create table portal.audit_anchors (
  through_id bigint primary key,
  through_hash bytea not null,
  record_count bigint not null,
  purged_at timestamptz not null,
  signature bytea not null
);

-- A run's status leaves after its time. Batches and builds stay, for every version and every figure names them.
alter table ops.batches drop constraint batches_run_id_fkey;
alter table ops.builds drop constraint builds_run_id_fkey;
