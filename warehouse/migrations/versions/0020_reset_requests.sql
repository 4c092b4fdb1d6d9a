-- Requests for a new password by mail are counted as failures are, so that nobody is flooded with mails.
alter table portal.sign_in_failures drop constraint sign_in_failures_kind_check;
alter table portal.sign_in_failures add constraint sign_in_failures_kind_check
  check (kind in ('account', 'address', 'confirmation', 'code', 'reset'));
comment on column portal.sign_in_failures.kind is
  'account: an e-mail address at the login; address: where the request came from; confirmation: a user who is asked for the '
  'password again; code: a user at the second factor; reset: an e-mail address for which a new password was asked for.';
