-- Whatever takes longer than anybody waits for an answer is asked for, as comparisons of store and index are already: what a
-- schedule would mean, plans, their executions. A request outlives the connection and the process: whoever has it when its
-- process ends is followed by another one, which begins anew.
alter table reconcile_request rename to background_request;
alter table background_request rename column reconcile_request_id to background_request_id;
-- how far it has come
alter table background_request rename column report to progress;
alter index reconcile_request_pkey rename to background_request_pkey;
alter table background_request
  add column kind text not null default 'reconcile'
    check (kind in ('reconcile', 'what-if', 'plan', 'dry-run', 'execution')),
  -- beside it no other of its kind is open: the id of a plan; empty: everything
  add column subject text not null default '',
  -- what was asked
  add column input   jsonb not null default '{}',
  -- what it came to
  add column result  jsonb,
  add column outcome text check (outcome in ('done', 'failed', 'stopped')),
  -- who wants it to end before its time
  add column stop_asked_by text;
update background_request set
  input = jsonb_build_object('dryRun', dry_run),
  outcome = case when ended_at is null then null when failure is null then 'done' else 'failed' end,
  result = case when ended_at is not null and failure is null then progress end;
alter table background_request
  alter column kind drop default,
  alter column subject drop default,
  alter column input drop default,
  drop column dry_run,
  add check ((outcome is null) = (ended_at is null));
drop index reconcile_request_open;
drop index reconcile_request_time;
-- one at a time; and the next one to be taken
create unique index background_request_open on background_request (kind, subject) where ended_at is null;
-- the newest of a kind, and those that are older than what is kept
create index background_request_time on background_request (kind, requested_at);
