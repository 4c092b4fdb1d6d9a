-- Words where codes belong may name a patient: they are withheld, and counted here.
alter table ops.run_tables add column withheld jsonb not null default '{}' check (jsonb_typeof(withheld) = 'object');
comment on column ops.run_tables.withheld is 'By column: landed rows in which it held words that are no code. Never the words.';
