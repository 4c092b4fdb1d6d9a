-- Mails to users. Written in the transaction of what they tell, so that neither is there without the other; the worker sends
-- them. The portal writes them and cannot read them again: a mail may hold what is for its reader alone.
create table portal.mails (
  mail_id bigint generated always as identity primary key,
  user_id integer not null references portal.users (id) on delete cascade,
  kind text not null check (kind ~ '^[a-z_]+$'),
  subject text not null check (btrim(subject) <> '' and subject !~ '[\r\n]'),
  body text not null,
  created_at timestamptz not null default clock_timestamp(),
  next_try_at timestamptz not null default clock_timestamp(),
  attempts integer not null default 0,
  sent_at timestamptz,
  failed_at timestamptz,
  last_error text,
  check (sent_at is null or failed_at is null)
);
comment on column portal.mails.sent_at is 'When the mail server took it.';
comment on column portal.mails.failed_at is 'When it was given up, for the reason in last_error; never tried again.';
create index mails_waiting on portal.mails (next_try_at) where sent_at is null and failed_at is null;
create index mails_user on portal.mails (user_id);

-- Small balances are asked for many at a time, and decided together.
alter table portal.write_offs add column batch_id bigint;
comment on column portal.write_offs.batch_id is 'The same for all that were asked for at once; null for single requests.';
create index write_offs_batch on portal.write_offs (batch_id) where batch_id is not null;
create sequence portal.write_off_batch_id_seq;
