-- Views that people keep under a name: a page and its filters, for themselves or for everyone of a hospital.
create table portal.saved_views (
  id bigint generated always as identity primary key,
  user_id integer not null references portal.users (id) on delete cascade,
  hospital_id text collate "C",
  name text not null check (length(name) between 1 and 80),
  endpoint text not null check (endpoint ~ '^[a-z_]+\.[a-z_]+$'),
  query text not null check (length(query) <= 2000),
  created_at timestamptz not null default clock_timestamp(),
  unique (user_id, endpoint, name)
);
comment on table portal.saved_views is 'Pages with their filters, kept under a name.';
comment on column portal.saved_views.hospital_id is 'Everyone of this hospital sees it; null: only whose it is.';
comment on column portal.saved_views.endpoint is 'The page, by the name that the portal has for it.';
comment on column portal.saved_views.query is 'Its filters, as they stand in an address.';
create index saved_views_shared on portal.saved_views (hospital_id, endpoint) where hospital_id is not null;

alter table portal.saved_views enable row level security;
create policy own_or_hospital_of_portal on portal.saved_views to daybook_portal
  using (hospital_id is null or hospital_id = any (string_to_array(current_setting('daybook.hospitals', true), ',')))
  with check (hospital_id is null or hospital_id = any (string_to_array(current_setting('daybook.hospitals', true), ',')));
