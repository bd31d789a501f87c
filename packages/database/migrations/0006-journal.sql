-- The journal: every fact that bytes do not tell, written in the deciding transaction, then exported into numbered,
-- digest-chained objects of the store (docs/journal-format.md). All lines stay here too: the replay of a segment asks
-- for the facts about its entries.

create table journal_line (
  journal_line_id bigint generated always as identity primary key,
  kind            text not null,
  fact            jsonb not null,
  decided_by      text not null,
  occurred_at     timestamptz not null default date_trunc('milliseconds', now()),
  -- Which original segment and which bytes the fact is about; null where it is about neither.
  segment_id      uuid,
  sha256          bytea,
  -- The batch the line belongs to, and its place in it; null until it is assigned to one.
  epoch           bigint,
  position        bigint,
  ordinal         integer,
  -- The line's number in the database that wrote it; null: this one, journal_line_id.
  written_as      bigint,
  check ((epoch is null) = (position is null) and (epoch is null) = (ordinal is null))
);
-- "What was said of the entries of this segment?"
create index journal_line_segment on journal_line (segment_id) where segment_id is not null;
-- … also of entries that were taken from it to another one
create index journal_line_taken_from on journal_line ((fact ->> 'segmentId')) where kind = 'quarantine-accepted';
-- "Is this decision on these bytes in the store?"
create index journal_line_bytes on journal_line (sha256) where sha256 is not null;
create index journal_line_pending on journal_line (journal_line_id) where epoch is null;
create unique index journal_line_place on journal_line (epoch, position, ordinal) where epoch is not null;
create index journal_line_written_as on journal_line (written_as) where written_as is not null;
-- "How far was the change feed at the last checkpoint?"
create index journal_line_checkpoint on journal_line (journal_line_id) where kind = 'checkpoint';

-- The last batch that is known to be durable; position 0: none yet.
create table journal_head (
  is_only      boolean primary key default true check (is_only),
  epoch        bigint not null check (epoch >= 1),
  position     bigint not null check (position >= 0),
  sha256       bytea check (length(sha256) = 32),
  -- the batch has ended its epoch: the next one is the first of the next epoch
  epoch_ended  boolean not null default false,
  -- this database did not know the journal's end: what it says from now on belongs into a new epoch
  ends_epoch   boolean not null default false,
  check ((position = 0) = (sha256 is null))
);
insert into journal_head (epoch, position) values (1, 0);

-- Whether the index knows everything that the store holds. Where it does not, ingest gives no verdicts.
create table index_state (
  is_only   boolean primary key default true check (is_only),
  caught_up boolean not null,
  -- 'new': nobody has compared this database with the store yet
  reason    text check (reason in ('new', 'restored', 'rebuild')),
  since     timestamptz not null default date_trunc('milliseconds', now()),
  check (caught_up = (reason is null))
);
-- A database that this migration finds in use has followed its store; a new one must look whether the store is new too.
insert into index_state (caught_up, reason)
  select in_use, case when not in_use then 'new' end
  from (select exists (select from segment) or exists (select from quarantine) or exists (select from api_key)
    or exists (select from facility) as in_use) as used;

-- The segment that the bytes came in, which the journal's facts are about. A rewrite moves the bytes, not the facts.
alter table quarantine add column origin_segment_id uuid;
update quarantine set origin_segment_id = segment_id where segment_id is not null;
create index quarantine_origin on quarantine (origin_segment_id, sha256) where origin_segment_id is not null;
alter table proposed_correction add column origin_segment_id uuid;
update proposed_correction set origin_segment_id = segment_id;
alter table proposed_correction alter column origin_segment_id set not null;
create index proposed_correction_origin on proposed_correction (origin_segment_id, sha256);
-- "Does this quarantine object have a row?"
create index quarantine_object on quarantine (object_key);

-- What was decided before this migration, told anew from the rows that came of it. The outbox had no natural names.
create function pg_temp.utc(at timestamptz) returns text language sql immutable
  return to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"');
create temporary table baseline (
  at timestamptz, rank integer, number bigint, kind text, decided_by text, segment_id uuid, sha256 bytea, fact jsonb);

insert into baseline
  select created_at, 0, issuer_id, 'issuer-created', 'upgrade', null::uuid, null::bytea, jsonb_build_object(
    'localNamespace', local_namespace, 'universalId', universal_id, 'universalIdType', universal_id_type)
  from issuer;
insert into baseline
  select f.created_at, 1, f.facility_id, 'facility-created', 'upgrade', null, null, jsonb_build_object(
    'code', f.code, 'name', f.name, 'patientIssuer', p.local_namespace, 'accessionIssuer', a.local_namespace,
    'assumedCharacterSet', f.assumed_character_set)
  from facility f join issuer p on p.issuer_id = f.patient_issuer_id join issuer a on a.issuer_id = f.accession_issuer_id;
insert into baseline
  select d.created_at, 2, d.device_id, 'device-created', 'upgrade', null, null, jsonb_build_object(
    'facility', f.code, 'code', d.code, 'manufacturer', d.manufacturer, 'model', d.model, 'serialNumber', d.serial_number,
    'modality', d.modality, 'origin', d.origin, 'assumedCharacterSet', d.assumed_character_set,
    'patientIssuer', p.local_namespace, 'accessionIssuer', a.local_namespace,
    'quarantineQuotaBytes', d.quarantine_quota_bytes)
  from device d join facility f using (facility_id) left join issuer p on p.issuer_id = d.patient_issuer_id
  left join issuer a on a.issuer_id = d.accession_issuer_id;
insert into baseline
  select k.created_at, 3, 0, 'api-key-created', k.created_by, null, null, jsonb_build_object(
    'apiKeyId', k.api_key_id, 'secretHash', encode(k.secret_hash, 'hex'), 'name', k.name, 'roles', to_jsonb(k.roles),
    'facility', f.code, 'device', d.code)
  from api_key k left join facility f on f.facility_id = k.facility_id left join device d on d.device_id = k.device_id;
insert into baseline
  select revoked_at, 4, 0, 'api-key-revoked', created_by, null, null, jsonb_build_object('apiKeyId', api_key_id)
  from api_key where revoked_at is not null;

create temporary table quarantine_fact as
  select q.quarantine_id, jsonb_build_object(
    'quarantineId', q.quarantine_id, 'sha256', encode(q.sha256, 'hex'), 'reason', q.reason, 'message', q.message,
    'facility', f.code, 'device', d.code, 'principal', q.principal_id, 'objectKey', q.object_key,
    'entryOffset', q.entry_offset, 'entryLength', q.entry_length, 'segmentId', q.segment_id,
    'studyInstanceUid', q.study_instance_uid, 'seriesInstanceUid', q.series_instance_uid,
    'sopInstanceUid', q.sop_instance_uid, 'receivedAt', pg_temp.utc(q.received_at)) as fact
  from quarantine q join facility f using (facility_id) left join device d on d.device_id = q.device_id;
insert into baseline
  select q.received_at, 5, q.quarantine_id, 'quarantined', q.principal_id, q.segment_id, q.sha256, t.fact
  from quarantine q join quarantine_fact t using (quarantine_id) where q.state <> 'replaced';
insert into baseline
  select q.decided_at, 6, q.quarantine_id, 'quarantine-' || q.state, q.decided_by, q.segment_id, q.sha256,
    t.fact || jsonb_build_object('leftoverObjectKey', q.leftover_object_key)
  from quarantine q join quarantine_fact t using (quarantine_id) where q.state in ('accepted', 'discarded');
insert into baseline
  select q.decided_at, 7, q.quarantine_id, 'instance-replaced', q.decided_by, q.segment_id, q.sha256,
    t.fact - '{objectKey, entryOffset, entryLength}'::text[]
      || jsonb_build_object('byQuarantineId', coalesce(substring(q.message from 'entry ([0-9]{1,15})$')::bigint, 0))
  from quarantine q join quarantine_fact t using (quarantine_id) where q.state = 'replaced';
insert into baseline
  select c.received_at, 5, c.proposed_correction_id, 'correction-proposed', c.principal_id, c.segment_id, c.sha256,
    jsonb_build_object('proposedCorrectionId', c.proposed_correction_id, 'sopInstanceUid', c.sop_instance_uid,
      'studyInstanceUid', s.study_instance_uid, 'sha256', encode(c.sha256, 'hex'), 'segmentId', c.segment_id,
      'facility', f.code, 'device', d.code, 'principal', c.principal_id, 'receivedAt', pg_temp.utc(c.received_at))
  from proposed_correction c join study s using (study_key) join facility f on f.facility_id = c.facility_id
  left join device d on d.device_id = c.device_id;
insert into baseline
  select decided_at, 6, proposed_correction_id, 'correction-discarded', decided_by, segment_id, sha256, jsonb_build_object(
    'proposedCorrectionId', proposed_correction_id, 'sopInstanceUid', sop_instance_uid, 'sha256', encode(sha256, 'hex'),
    'segmentId', segment_id)
  from proposed_correction where state = 'discarded';
insert into baseline
  select c.received_at, 5, c.identity_conflict_id, 'identity-conflict', g.principal_id, p.segment_id, p.sha256,
    jsonb_build_object('sopInstanceUid', c.sop_instance_uid, 'studyInstanceUid', s.study_instance_uid,
      'sha256', encode(p.sha256, 'hex'), 'segmentId', p.segment_id, 'facility', f.code, 'device', d.code)
  from identity_conflict c join sop_instance p using (sop_instance_uid) join study s on s.study_key = c.study_key
  join segment g on g.segment_id = p.segment_id join facility f on f.facility_id = c.facility_id
  left join device d on d.device_id = c.device_id;
insert into baseline
  select coalesce(superseded_at, received_at), 8, 0, 'segment-superseded', 'archive', segment_id, null,
    jsonb_build_object('segmentId', segment_id, 'objectKey', object_key)
  from segment where state in ('superseded', 'deleted');

insert into journal_line (kind, fact, decided_by, occurred_at, segment_id, sha256)
  select kind, jsonb_strip_nulls(fact), decided_by, date_trunc('milliseconds', at), segment_id, sha256
  from baseline order by at, rank, number;

drop table baseline;
drop table quarantine_fact;
drop table journal_outbox;
drop function pg_temp.utc(timestamptz);
