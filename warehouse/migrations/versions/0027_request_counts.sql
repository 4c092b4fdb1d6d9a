-- How many limited requests somebody sent since a window of time began, for every web process alike: who it is, is a keyed hash.
-- A row goes when a window begins for somebody after its own has ended.
create table portal.request_counts (
  subject bytea primary key check (octet_length(subject) = 32),
  hits integer not null check (hits > 0),
  until timestamptz not null
) with (fillfactor = 50);
comment on column portal.request_counts.subject is
  'Keyed hash of the limit and of whom it is for: a user, a token, or a network address.';
comment on column portal.request_counts.until is 'When the window ends: the next request begins another one.';
create index request_counts_until on portal.request_counts (until);
