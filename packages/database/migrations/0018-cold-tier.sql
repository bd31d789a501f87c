-- The cold tier: a second, cheaper and slower store, in which segments lie under the keys that they had (packages/disposition,
-- cold-tier). Where bytes lie is the stores' to say; these columns follow, and reconcile corrects them.

-- Which one the columns below speak of; no row: there never was one.
create table cold_tier (
  is_only_row  boolean primary key default true check (is_only_row),
  target       text not null,
  -- Its objects cannot be read before they are brought back.
  needs_recall boolean not null,
  since        timestamptz not null default now()
);

alter table segment
  -- cold: a verified copy lies in the cold tier, and the hot store has none, or one that waits to be deleted
  add column tier text not null default 'hot' check (tier in ('hot', 'cold')),
  -- when it was moved or brought back; null: it lies where it was received
  add column tier_since timestamptz,
  -- of a cold one: the hot store still has it, since then beside the copy; readers under way get their grace
  add column hot_copy_since timestamptz,
  -- somebody wants it back: to be brought back then; while it is, that is when a dead process's claim ends
  add column recall_due timestamptz,
  add check (tier = 'cold' or (hot_copy_since is null and recall_due is null));

-- "Which studies and series are nearline?" "Is anything cold?"
create index segment_cold on segment (study_key, series_key) where tier = 'cold' and state <> 'deleted';
-- "Which hot copies may go?"
create index segment_hot_copy on segment (hot_copy_since) where hot_copy_since is not null;
-- "What is to be brought back next?"
create index segment_recall_due on segment (recall_due) where recall_due is not null;
