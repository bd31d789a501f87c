-- A comparison of everything that an administrator has asked for. It outlives the request and the process: whoever has it
-- when its process ends is followed by another one, which begins anew.
create table reconcile_request (
  reconcile_request_id uuid primary key,
  dry_run      boolean not null,
  requested_by text not null,
  requested_at timestamptz not null default now(),
  -- how far it has come; of one that has ended, what it found
  report       jsonb not null default '{}',
  held_by      text,
  held_until   timestamptz not null default now(),
  started_at   timestamptz,
  ended_at     timestamptz,
  -- a sentence: why it ended early
  failure      text,
  check (failure is null or ended_at is not null)
);
-- one at a time
create unique index reconcile_request_open on reconcile_request ((true)) where ended_at is null;
create index reconcile_request_time on reconcile_request (requested_at);
