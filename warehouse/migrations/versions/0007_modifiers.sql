-- Codes beside the procedure, in normal form: `P3,QK`. Without a default, so that no row is rewritten.

alter table raw.charges add column modifiers text;
