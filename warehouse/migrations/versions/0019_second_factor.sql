-- Second factor of users: an authenticator app, and recovery codes for the day it is lost.
alter table portal.users
  add column tf_primary_method text check (tf_primary_method = 'authenticator'),
  add column tf_totp_secret text,
  add column tf_last_counter bigint,
  add column mf_recovery_codes text[] not null default '{}';
comment on column portal.users.tf_totp_secret is 'Encrypted with the keyring of identity fields.';
comment on column portal.users.tf_last_counter is 'The 30 seconds of the newest code that was taken: neither it nor an older one is taken again.';
comment on column portal.users.mf_recovery_codes is 'Keyed hashes; each goes with its use.';
