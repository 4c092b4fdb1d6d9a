-- Case logs name patients: the file, what it is called, its headings and its notes are encrypted as identity is.
alter table portal.case_log_uploads drop constraint case_log_uploads_file_name_check;
alter table portal.case_log_uploads alter column file_name type bytea using convert_to(file_name, 'UTF8');
alter table portal.case_log_uploads alter column layout drop default, alter column layout drop not null;
alter table portal.case_log_uploads alter column layout type bytea using convert_to(nullif(layout, '{}')::text, 'UTF8');
alter table portal.user_case_log drop constraint user_case_log_notes_check;
alter table portal.user_case_log alter column notes type bytea using convert_to(notes, 'UTF8');
comment on column portal.case_log_uploads.file_name is 'Encrypted (DAYBOOK_PHI_KEYS): shown to who may see the upload.';
comment on column portal.case_log_uploads.content is 'Encrypted; gone when the file is imported, or a day after it was sent.';
comment on column portal.case_log_uploads.layout is 'Encrypted: which heading is which field, and the order of dates, offered again for the next file.';
comment on column portal.user_case_log.notes is 'Encrypted free text, which may hold names: for pages alone, never for logs, audit records, addresses or files.';
