-- What is wrong with stored bytes, and how far the comparison of store and index has come.

-- whole: as far as anybody knows; missing: the index knows it, the store does not; damaged: its bytes are not those that were acknowledged
alter table segment add column condition text not null default 'whole' check (condition in ('whole', 'missing', 'damaged'));
-- The same of an open entry whose bytes are an object of their own.
alter table quarantine add column condition text not null default 'whole' check (condition in ('whole', 'missing', 'damaged'));
-- Search says UNAVAILABLE of it; retrieval tries, since one bad frame does not take the others with it.
alter table instance add column is_damaged boolean not null default false;
-- "Which segments should lie after this key?"
create index segment_of_key on segment (object_key) where state <> 'deleted';
-- "Do these bytes lie here, or what was decided on them?"
create index quarantine_of_bytes on quarantine (sha256);
-- "Is anything of this study, of this series damaged?"
create index instance_damaged on instance (study_key, series_key) where is_damaged;

-- What was found, and when it was repaired. ordinal: entry of the segment; null = all of it.
create table damage (
  damage_id   bigint generated always as identity primary key,
  segment_id  uuid not null,
  ordinal     integer,
  kind        text not null check (kind in ('missing', 'damaged')),
  what        text not null,
  found_by    text not null check (found_by in ('reconcile', 'fixity', 'retrieval')),
  found_at    timestamptz not null default now(),
  repaired_at timestamptz
);
-- Found again is not found twice.
create unique index damage_open on damage (segment_id, ordinal) nulls not distinct where repaired_at is null;
create index damage_of_segment on damage (segment_id);
-- the list, newest first
create index damage_unrepaired on damage (damage_id) where repaired_at is null;

-- How many entries of the segment had an index row of their own when its receipt was last compared with the index, where
-- that was right and not one each: byte-equal repeats have none. Another number is a reason to compare again.
alter table segment add column accounted_entries integer;

-- Objects of the store that the index cannot take in or cannot believe. They stay; they are not read again in full
-- before they change or a day has passed.
create table noted_object (
  object_key  text collate "C" not null primary key,
  -- damaged: a segment that is not whole; unlisted: a quarantine object without an entry; foreign: no object of the
  -- archive; failed: a segment that is whole and could not be indexed
  kind        text not null check (kind in ('damaged', 'unlisted', 'foreign', 'failed')),
  what        text not null,
  size_bytes  bigint not null,
  modified_at timestamptz not null,
  found_at    timestamptz not null default now(),
  examined_at timestamptz not null default now()
);

-- One comparison of everything. It goes on where it was when its process ended; one process at a time has it.
create table reconcile_pass (
  reconcile_pass_id bigint generated always as identity primary key,
  started_at  timestamptz not null default now(),
  -- compares entries with rows, too
  is_deep     boolean not null,
  -- everything up to here is done; '' = nothing
  after_key   text collate "C" not null default '',
  report      jsonb not null default '{}',
  held_by     text not null,
  held_until  timestamptz not null,
  ended_at    timestamptz
);
create unique index reconcile_pass_open on reconcile_pass ((true)) where ended_at is null;
