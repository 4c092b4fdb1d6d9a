-- Users, roles, tokens and the audit log of the portal.
create table portal.audit_log (id bigint primary key);
