-- The index is a function of the store: what a study and a series are known by does not depend on the order in which
-- their instances were committed; and an index can be made anew from the store.

-- The instance that the attributes come from: the earliest received active one, of several received at once the one with
-- the least SOP Instance UID. `received_at` is when that was received. Null: no active instance, so the next one tells.
alter table study add column founded_by text collate "C";
alter table series add column founded_by text collate "C";
-- That instance is another one since, and what it says is still to be read from its segment.
alter table study add column founding_due boolean not null default false;
alter table series add column founding_due boolean not null default false;
create index study_founding_due on study (study_key) where founding_due;
create index series_founding_due on series (study_key, series_key) where founding_due;

-- Rows of before keep their attributes until an earlier instance comes, or the one they are known by is removed.
update study s set founded_by = first.sop_instance_uid, received_at = first.received_at
from (select distinct on (study_key) study_key, sop_instance_uid, received_at from instance
  where state = 'active' order by study_key, received_at, sop_instance_uid) first
where first.study_key = s.study_key;
update series e set founded_by = first.sop_instance_uid, received_at = first.received_at
from (select distinct on (study_key, series_key) study_key, series_key, sop_instance_uid, received_at from instance
  where state = 'active' order by study_key, series_key, received_at, sop_instance_uid) first
where first.study_key = e.study_key and first.series_key = e.series_key;

-- How far a rebuild of this index has come, so that it can go on after an interruption. One row, while it runs.
create table rebuild_progress (
  only_row   boolean primary key default true check (only_row),
  started_at timestamptz not null default now(),
  -- every study whose keys are not after this one is done
  after_key  text collate "C" not null default '',
  -- counts so far, as they are reported
  report     jsonb not null
);
