-- Second copies, and reading again: what the replica is known to hold, and when bytes were last compared with what
-- certifies them.

alter table segment
  -- when every byte was last read and compared with the receipt; null: not since it was received
  add column verified_at timestamptz,
  -- when the replica was last known to hold it; null: it waits to be copied
  add column replicated_at timestamptz,
  -- a process has begun to copy it, or could not: not to be tried again before
  add column replication_retry_at timestamptz,
  -- why it is not copied: it is damaged here, or the replica holds something else under its key
  add column replication_fault text check (replication_fault in ('damaged', 'conflict'));
-- "What waits for the replica, since when, and how many bytes are it?"
create index segment_to_replicate on segment (received_at) include (size_bytes)
  where replicated_at is null and state in ('live', 'duplicate');
create index segment_replication_faults on segment (received_at) where replication_fault is not null;
-- "What was not read for the longest time?"
create index segment_to_verify on segment ((coalesce(verified_at, received_at)), segment_id)
  where state in ('live', 'duplicate');

-- The same of a quarantine object: an entry whose bytes are an object of their own.
alter table quarantine
  add column verified_at timestamptz,
  add column replicated_at timestamptz,
  add column replication_retry_at timestamptz,
  add column replication_fault text check (replication_fault in ('damaged', 'conflict'));
create index quarantine_to_replicate on quarantine (received_at) include (entry_length)
  where replicated_at is null and segment_id is null and state = 'open';
create index quarantine_to_verify on quarantine ((coalesce(verified_at, received_at)), quarantine_id)
  where segment_id is null and state = 'open';

-- Which replica the columns above speak of, and how far the journal is copied: it is one chain, copied in order.
create table replica (
  is_only_row     boolean primary key default true check (is_only_row),
  target          text not null,
  since           timestamptz not null default now(),
  -- the replica is another one than before: segments up to this id have forgotten the old one; null: all have
  forgotten_up_to uuid,
  -- key and SHA-256 of the last journal object that the replica holds
  journal_key     text collate "C" not null default '',
  journal_sha256  bytea,
  journal_fault   text check (journal_fault in ('damaged', 'conflict'))
);

-- Objects that are gone here, for a recorded reason, and are still to go from the replica.
create table replica_deletion (
  object_key  text collate "C" not null primary key,
  recorded_at timestamptz not null default now()
);

-- Whoever notes that an object is gone does not have to know of the replica.
create function note_replica_deletion() returns trigger language plpgsql as $$
declare
  gone text;
begin
  -- Nobody ever tried to copy it.
  if old.replicated_at is null and old.replication_retry_at is null then return null; end if;
  if tg_argv[0] = 'segment' then gone := old.object_key; else gone := old.leftover_object_key; end if;
  insert into replica_deletion (object_key) values (gone) on conflict do nothing;
  return null;
end
$$;
create trigger segment_deleted after update of state on segment for each row
  when (new.state = 'deleted' and old.state <> 'deleted') execute function note_replica_deletion('segment');
create trigger quarantine_object_deleted after update of leftover_object_key on quarantine for each row
  when (new.leftover_object_key is null and old.leftover_object_key is not null)
  execute function note_replica_deletion('quarantine');

-- A run of `npm run fixity`: where it stands and what it has found, so that it can go on after an interruption.
create table fixity_run (
  fixity_run_id bigint generated always as identity primary key,
  started_at    timestamptz not null default now(),
  -- what was read at this time or later is not read again in this run
  before        timestamptz not null,
  options       jsonb not null,
  report        jsonb not null,
  finished_at   timestamptz
);
create index fixity_run_unfinished on fixity_run (fixity_run_id) where finished_at is null;

-- "Which segments are known to be damaged?"
create index segment_not_whole on segment (segment_id) where condition <> 'whole' and state in ('live', 'duplicate');
-- Reading again finds damage in quarantine, too.
alter table quarantine drop constraint quarantine_condition_check;
alter table quarantine add constraint quarantine_condition_check check (condition in ('whole', 'missing', 'damaged'));

-- Objects whose bytes are certain by their key or by the journal's chain, and that were put back because they were
-- missing or damaged. A damaged one is deleted before: recorded here first, with the digest of what was there.
create table restored_object (
  restored_object_id bigint generated always as identity primary key,
  object_key     text collate "C" not null,
  store          text not null check (store in ('primary', 'replica')),
  -- SHA-256 of the right bytes, and of those that were found; null: the object was missing
  sha256         bytea not null,
  damaged_sha256 bytea,
  decided_by     text not null,
  recorded_at    timestamptz not null default now(),
  -- null: it was not put back, or the process died before it could say so
  restored_at    timestamptz
);
create index restored_object_of_key on restored_object (object_key);
