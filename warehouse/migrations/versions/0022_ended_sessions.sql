-- Sessions that ended before their time: a copy of such a session's cookie opens nothing. What is kept is a hash of the number that
-- the cookie carries. A row goes when the session would have ended by itself.
create table portal.ended_sessions (
  session_hash bytea primary key check (octet_length(session_hash) = 32),
  until timestamptz not null
);
comment on column portal.ended_sessions.until is 'When the session would have ended at the latest.';
create index ended_sessions_until on portal.ended_sessions (until);
