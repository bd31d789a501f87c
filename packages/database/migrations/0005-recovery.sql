-- What a later process must know of one that died, and of a database that was restored.

-- Set in the commit that found entries to be judged, cleared when every verdict is recorded: a segment whose process
-- died in between is judged again by reconcile.
alter table segment add column verdicts_due boolean not null default false;

-- Which history of which server an epoch's positions were given in: see change-epoch.ts.
alter table change_epoch add column lineage text;
