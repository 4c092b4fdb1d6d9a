-- What an account failed from one network address is counted apart, so that a success can take back just that.
alter table portal.sign_in_failures drop constraint sign_in_failures_kind_check;
alter table portal.sign_in_failures add constraint sign_in_failures_kind_check
  check (kind in ('account', 'address', 'pair', 'confirmation', 'code', 'reset'));
comment on column portal.sign_in_failures.kind is
  'account: an e-mail address at the login; address: where the request came from; pair: the two together; confirmation: a user who is '
  'asked for the password again; code: a user at the second factor; reset: an address that a new password is asked for.';
