-- A file that waits to be mailed was made under rights that its reader had then: with any of them gone, it is not sent.

create function portal.withhold_files()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
  update portal.mails
  set failed_at = clock_timestamp(), last_error = 'the rights of its reader changed since the file was made'
  where user_id = old.user_id and export_id is not null and sent_at is null and failed_at is null;
  return null;
end
$$;
revoke all on function portal.withhold_files() from public;

create trigger withhold_files after update or delete on portal.roles_users
  for each row execute function portal.withhold_files();
create trigger withhold_files after update or delete on portal.user_hospitals
  for each row execute function portal.withhold_files();
create trigger withhold_files after update or delete on portal.user_providers
  for each row execute function portal.withhold_files();
