-- Rewrites: one segment takes the place of several (docs/storage-format.md §9). Compaction joins small ones.

alter table segment
  -- When to look whether the series can be joined into fewer segments; null: nothing new has come. A claim sets it ahead:
  -- should the process die, another one takes the series up then.
  add column compact_due timestamptz default now(),
  -- The segment that holds its entries now; it is superseded by that.
  add column rewritten_into uuid,
  -- How often compaction copied the largest of its parts although that did not double the segment it lay in.
  add column copied_for_little integer not null default 0;
create index segment_compact_due on segment (compact_due) where compact_due is not null;

-- The segment that the bytes of an instance were received in, where a rewrite has taken them to another: facts are
-- about that one. Null: segment_id.
alter table instance add column origin_segment_id uuid;

-- A row may not begin to point to a segment that has been given up: its object will be deleted. Whoever finds a segment
-- and writes a row about its entry races with the swap of a rewrite; here the one waits for the other.
create function assert_segment_is_kept() returns trigger language plpgsql as $$
declare
  found_state text;
begin
  select state into found_state from segment where segment_id = new.segment_id for share;
  if found_state in ('superseded', 'deleted') then
    raise exception 'the segment was rewritten meanwhile: look for the bytes again' using errcode = '40001';
  end if;
  return new;
end
$$;
create trigger quarantine_segment_is_kept before insert or update of segment_id on quarantine for each row
  when (new.segment_id is not null and new.state <> 'discarded') execute function assert_segment_is_kept();
create trigger proposed_correction_segment_is_kept before insert or update of segment_id on proposed_correction
  for each row when (new.state <> 'discarded') execute function assert_segment_is_kept();
