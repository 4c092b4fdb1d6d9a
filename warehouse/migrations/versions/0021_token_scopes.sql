-- What a token may do, apart from what its user may: tokens made before keep everything.
alter table portal.api_tokens
  add column name text not null default '' check (name !~ '[\r\n]' and length(name) <= 100),
  add column writes boolean not null default true,
  add column permissions text[] check (permissions is null or cardinality(permissions) > 0),
  add column last_used_at timestamptz;
comment on column portal.api_tokens.writes is 'Whether it may change anything; without, it only reads.';
comment on column portal.api_tokens.permissions is 'What it was given of what its user may; null: all, whatever that is at the time.';
comment on column portal.api_tokens.last_used_at is 'To the minute.';
