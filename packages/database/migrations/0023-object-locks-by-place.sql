-- Object lock in every store that has it: the bucket of the archive, that of the cold tier, the replica
-- (packages/disposition/src/object-lock). What each was told to keep, object by object.

create table object_lock (
  segment_id     uuid not null,
  place          text not null check (place in ('store', 'cold', 'replica')),
  -- the legal hold was put on its object there
  has_legal_hold boolean not null,
  -- its object is retained there until then
  retained_until timestamptz,
  primary key (segment_id, place)
);
insert into object_lock (segment_id, place, has_legal_hold, retained_until)
  select segment_id, 'store', has_legal_hold, retained_until from segment
  where has_legal_hold or retained_until is not null;
alter table segment drop column has_legal_hold, drop column retained_until;

-- Which of them lock objects, and where they are: the rows above speak of these.
create table locking_place (
  place  text primary key check (place in ('store', 'cold', 'replica')),
  target text not null
);

-- Studies whose locks are compared before the next look at all: their objects have come to another place, or a place was
-- away. A hot copy does not go while its study is among them.
create table object_lock_due (
  study_key bigint primary key,
  due_at    timestamptz not null default now(),
  -- how often it was asked for: whoever has compared takes away what he has seen
  asked     integer not null default 1
);
create index object_lock_due_time on object_lock_due (due_at);

alter table replica_deletion
  -- the replica keeps it locked: not to be tried again before
  add column retry_at timestamptz,
  -- null: of quarantine, or noted by an earlier program
  add column segment_id uuid;

create or replace function note_replica_deletion() returns trigger language plpgsql as $$
begin
  -- Nobody ever tried to copy it.
  if old.replicated_at is null and old.replication_retry_at is null then return null; end if;
  if tg_argv[0] = 'segment' then
    insert into replica_deletion (object_key, segment_id) values (old.object_key, old.segment_id) on conflict do nothing;
  else
    insert into replica_deletion (object_key) values (old.leftover_object_key) on conflict do nothing;
  end if;
  return null;
end
$$;

-- Whoever notes that an object is gone does not have to know of its locks.
create function forget_object_locks() returns trigger language plpgsql as $$
begin
  delete from object_lock where segment_id = old.segment_id and place = any (tg_argv[0]::text[]);
  return null;
end
$$;
create trigger segment_lock_gone after update of state on segment for each row
  when (new.state = 'deleted' and old.state <> 'deleted') execute function forget_object_locks('{store,cold}');
create trigger segment_locks_gone after delete on segment for each row
  execute function forget_object_locks('{store,cold,replica}');
create trigger replica_lock_gone after delete on replica_deletion for each row
  when (old.segment_id is not null) execute function forget_object_locks('{replica}');
