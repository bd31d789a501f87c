-- What administrators ask for: lists of what is kept back, and what became of it.

-- A quarantine object that is not needed any more, because its bytes were accepted into a segment or discarded:
-- recorded in the deciding transaction, cleared once the object is gone.
alter table quarantine add column leftover_object_key text collate "C";
create index quarantine_leftover on quarantine (decided_at) where leftover_object_key is not null;
-- lists, newest first: of one facility, of one device, of one reason
create index quarantine_of_facility on quarantine (facility_id, quarantine_id);
create index quarantine_of_device on quarantine (device_id, quarantine_id);
create index quarantine_of_reason on quarantine (reason, quarantine_id);
-- "When did this device's last instance fail?"
create index quarantine_last_failure on quarantine (device_id, last_received_at);

alter table proposed_correction
  add column decided_by text,
  add column decided_at timestamptz,
  add check ((state = 'open') = (decided_at is null));
-- A proposal that was discarded and comes again is a new one; any other repeat raises a counter.
alter table proposed_correction drop constraint proposed_correction_sop_instance_uid_sha256_key;
create unique index proposed_correction_once on proposed_correction (sop_instance_uid, sha256) where state <> 'discarded';
create index proposed_correction_open on proposed_correction (proposed_correction_id) where state = 'open';
create index proposed_correction_of_facility on proposed_correction (facility_id, proposed_correction_id);
create index proposed_correction_of_device on proposed_correction (device_id, proposed_correction_id);

create index identity_conflict_open on identity_conflict (identity_conflict_id) where state = 'open';
create index identity_conflict_of_facility on identity_conflict (facility_id, identity_conflict_id);

-- "How many data sets of this device had a label that their bytes contradict?"
create index segment_character_set_alarms on segment (device_id, received_at) include (character_set_alarms)
  where character_set_alarms > 0;
