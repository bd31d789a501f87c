-- The served metadata of a series, made when it is first asked for. A droppable cache, which held nothing before: its rows
-- say now what they were made of and for, so that nobody has to look at the instances to know whether they still hold.
drop table series_metadata;
create table series_metadata (
  study_key        bigint not null,
  series_key       bigint not null,
  -- of the series; a row of another revision holds no more
  revision         bigint not null,
  -- What BulkDataURIs begin with: those who know the archive by another address have the row made anew.
  base_url         text collate "C" not null,
  -- SHA-256 over those of the instances in their order, for entity tags
  instances_sha256 bytea not null,
  -- The JSON of the instances with commas between them, a byte-aligned piece of a deflate stream.
  deflated         bytea not null,
  deflated_bytes   integer not null,
  deflated_crc32   bigint not null,
  text_bytes       bigint not null,
  text_crc32       bigint not null,
  made_at          timestamptz not null default now(),
  primary key (study_key, series_key)
) partition by hash (study_key);
-- which goes first when there are too many
create index series_metadata_age on series_metadata (made_at);
do $$
begin
  for i in 0..15 loop
    execute format('create table series_metadata_%s partition of series_metadata for values with (modulus 16, remainder %s)', i, i);
    execute format('alter table series_metadata_%s alter column deflated set storage external', i);
  end loop;
end
$$;
