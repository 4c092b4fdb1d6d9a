-- Keys by which a program repeats a request that it has no answer to, without doing it twice. Written in the transaction of
-- what was asked for: a key without its result does not exist.
create table portal.idempotency_keys (
  user_id integer not null references portal.users (id),
  key text collate "C" not null check (length(key) between 1 and 200),
  digest bytea not null,
  result text not null default '',
  created_at timestamptz not null default clock_timestamp(),
  primary key (user_id, key)
);
comment on column portal.idempotency_keys.digest is 'SHA-256 of what was asked for: the same key for something else is refused.';
comment on column portal.idempotency_keys.result is 'Number of what was made.';
create index idempotency_keys_created on portal.idempotency_keys (created_at);
