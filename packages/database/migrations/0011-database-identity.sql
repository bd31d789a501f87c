-- Which database this row was written in: another one that has it was made from a copy, and may be older than the store.
alter table index_state add column database_identity text collate "C";
