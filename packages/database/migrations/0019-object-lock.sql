-- Object lock: what the store was told to keep (packages/disposition/src/object-lock). Only where the bucket locks objects.

alter table segment
  -- the legal hold was put on its object
  add column has_legal_hold boolean not null default false,
  -- its object is retained until then
  add column retained_until timestamptz;

-- How far the comparison of locks with holds and schedules has come.
create table object_lock_state (
  only_row       boolean primary key default true check (only_row),
  -- the change feed was read so far
  epoch          bigint not null,
  position       bigint not null,
  -- what the last pass over all studies knew: a count of decisions on holds and schedules, which only rises
  decisions_seen bigint not null,
  pass_ended_at  timestamptz not null
);
