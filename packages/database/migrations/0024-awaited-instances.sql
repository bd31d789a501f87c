-- What rejection notes name before it arrives (packages/database/src/retention/awaited-instances.ts).

-- Its SOP Instance UID is kept free for it: whoever brings it cannot claim the UID without seeing that it was rejected.
alter table sop_instance
  alter column sha256 drop not null,
  drop constraint sop_instance_state_check,
  drop constraint sop_instance_check1,
  add constraint sop_instance_state_check
    check (state in ('active', 'identity-conflict', 'rejected', 'disposed', 'awaited')),
  add constraint sop_instance_place_check check (state in ('disposed', 'awaited')
    or (study_key is not null and series_key is not null and segment_id is not null and ordinal is not null)),
  add constraint sop_instance_sha256_check check ((state = 'awaited') = (sha256 is null));

create table awaited_instance (
  sop_instance_uid text collate "C" not null,
  -- whose studies the note may touch: of several notes of a facility the first one counts
  facility_id      bigint not null references facility,
  rejection_id     uuid not null references rejection,
  primary key (sop_instance_uid, facility_id)
);
-- "What is left of it when the rejection is restored?"
create index awaited_instance_rejection on awaited_instance (rejection_id);

-- "Has this note taken effect?"
create index rejection_of_note on rejection (note_uid) where note_uid is not null;
