-- Failures in a row to prove who one is, for everybody who tries, known or not: what is tried for is a keyed hash, so that an
-- address or a password typed into the wrong field stands nowhere. A row goes with the next success, or a day after the last failure.
create table portal.sign_in_failures (
  kind text not null check (kind in ('account', 'address', 'confirmation', 'code')),
  subject bytea not null check (octet_length(subject) = 32),
  failures integer not null check (failures >= 0),
  last_failed_at timestamptz not null,
  locked_until timestamptz,
  primary key (kind, subject)
);
comment on column portal.sign_in_failures.kind is
  'account: an e-mail address at the login; address: where the request came from; confirmation: a user who is asked for the '
  'password again; code: a user at the second factor.';
create index sign_in_failures_last on portal.sign_in_failures (last_failed_at);
