-- Retention: what schedules ask for, what holds, what was rejected and disposed of (packages/retention, packages/disposition).

-- What schedules know of senders.
alter table facility add column region text check (region <> '');
alter table device add column commissioned_on date;

-- Registers. A patient is named by (issuer, Patient ID): facts may come before the first study.
create table patient_fact (
  patient_fact_id uuid primary key,
  issuer_id       bigint not null references issuer,
  patient_id      text collate "C" not null check (patient_id <> ''),
  kind            text not null check (kind in ('birth', 'death', 'contact', 'diagnosis')),
  -- of a diagnosis
  class           text check (class <> ''),
  on_date         date not null,
  -- where it is known from, e.g. `civil register`
  source          text not null check (source <> ''),
  registered_by   text not null,
  registered_at   timestamptz not null,
  withdrawn_by    text,
  withdrawn_at    timestamptz,
  check ((kind = 'diagnosis') = (class is not null)),
  check ((withdrawn_by is null) = (withdrawn_at is null))
);
-- Said once; by patient.
create unique index patient_fact_once on patient_fact (issuer_id, patient_id, kind, on_date, coalesce(class, ''))
  where withdrawn_at is null;

-- Programmes (screening rounds, trials) that a study belongs to; the study may come later.
create table study_programme (
  study_programme_id uuid primary key,
  study_instance_uid text collate "C" not null,
  programme          text not null check (programme <> ''),
  registered_by      text not null,
  registered_at      timestamptz not null,
  withdrawn_by       text,
  withdrawn_at       timestamptz,
  check ((withdrawn_by is null) = (withdrawn_at is null))
);
create unique index study_programme_once on study_programme (study_instance_uid, programme) where withdrawn_at is null;

-- 'refused': two people. It stands like a confirmation until it is removed.
alter table patient_link drop constraint patient_link_state_check;
alter table patient_link add check (state in ('candidate', 'confirmed', 'refused', 'removed'));

-- A version of a schedule, immutable. Proposed by one, adopted (signed off) by another.
create table retention_schedule (
  schedule        text not null check (schedule <> ''),
  version         integer not null check (version >= 1),
  -- YAML as proposed, and its SHA-256
  text            text not null,
  sha256          bytea not null check (length(sha256) = 32),
  effective_from  date not null,
  effective_until date,
  proposed_by     text not null,
  proposed_at     timestamptz not null,
  adopted_by      text,
  adopted_at      timestamptz,
  primary key (schedule, version),
  check (adopted_by <> proposed_by),
  check ((adopted_by is null) = (adopted_at is null))
);

create table legal_hold (
  legal_hold_id  uuid primary key,
  reason         text not null check (reason <> ''),
  -- who ordered it, and whom to ask
  authority      text not null check (authority <> ''),
  owner          text not null check (owner <> ''),
  -- HoldScope of packages/retention; the condition of a query as its YAML
  scope          jsonb not null,
  review_on      date not null,
  placed_by      text not null,
  placed_at      timestamptz not null,
  released_by    text,
  released_at    timestamptz,
  release_reason text,
  check (released_by <> placed_by),
  check ((released_by is null) = (released_at is null) and (released_by is null) = (release_reason is null))
);
create index legal_hold_in_force on legal_hold (placed_at) where released_at is null;

-- What is to be disposed of, as it stood when it was planned. Immutable but for its states; one plans, another approves.
create table disposition_plan (
  plan_id          uuid primary key,
  -- 'schedule': whole studies by their rules; 'rejections': what was rejected by hand and may not be restored any more
  kind             text not null check (kind in ('schedule', 'rejections')),
  schedule         text not null,
  schedule_version integer not null,
  -- over the canonical items
  sha256           bytea not null check (length(sha256) = 32),
  studies          bigint not null,
  instances        bigint not null,
  bytes            bigint not null,
  created_by       text not null,
  created_at       timestamptz not null,
  -- From then on nothing more is done by it.
  expires_at       timestamptz not null,
  approved_by      text,
  approved_at      timestamptz,
  withdrawn_by     text,
  withdrawn_at     timestamptz,
  state            text not null check (state in ('open', 'approved', 'ended', 'withdrawn')) default 'open',
  foreign key (schedule, schedule_version) references retention_schedule,
  check (approved_by <> created_by),
  check ((approved_by is null) = (approved_at is null)),
  check (state in ('open', 'withdrawn') or approved_by is not null),
  check ((state = 'withdrawn') = (withdrawn_by is not null) and (withdrawn_by is null) = (withdrawn_at is null))
);

create table disposition_plan_item (
  plan_id              uuid not null references disposition_plan,
  ordinal              integer not null,
  study_instance_uid   text collate "C" not null,
  facility             text not null,
  -- of a plan of rejections: what was rejected; null: the whole study
  rejection_id         uuid,
  -- Over the sorted digests of all instances of the study: it has changed where this differs.
  content_sha256       bytea not null check (length(content_sha256) = 32),
  rule                 text not null,
  action               text not null check (action in ('destroy', 'transfer')),
  earliest_disposition date not null,
  instances            integer not null,
  bytes                bigint not null,
  -- 'skipped': something has changed since it was planned; why is said in `outcome`
  state                text not null check (state in ('planned', 'rejected', 'purging', 'purged', 'transferred', 'skipped')) default 'planned',
  outcome              text,
  changed_at           timestamptz,
  primary key (plan_id, ordinal),
  unique (plan_id, study_instance_uid, rejection_id)
);
create index disposition_plan_item_open on disposition_plan_item (plan_id, ordinal) where state in ('planned', 'rejected', 'purging');
create index disposition_plan_item_study on disposition_plan_item (study_instance_uid);

-- Instances that were rejected: hidden, and restorable until they are purged.
create table rejection (
  rejection_id       uuid primary key,
  study_instance_uid text collate "C" not null,
  -- null: of the whole study
  series_instance_uid text collate "C",
  -- PS3.16 CID 7011: 113001 for quality, 113037 for patient safety, 113038 incorrect worklist entry, 113039 data retention expired
  reason_code        text not null check (reason_code in ('113001', '113037', '113038', '113039')),
  reason_text        text not null,
  -- the plan that it carries out; null: by hand or by a rejection note
  plan_id            uuid,
  -- SOP Instance UID of the rejection note that asked for it
  note_uid           text collate "C",
  rejected_by        text not null,
  rejected_at        timestamptz not null,
  -- Before this it is not purged.
  restore_until      timestamptz not null,
  state              text not null check (state in ('rejected', 'restored', 'purging', 'purged')),
  decided_by         text,
  decided_at         timestamptz,
  check ((reason_code = '113039') or plan_id is null)
);
-- also of those that are over: a replay asks when the study was decided on
create index rejection_of_study on rejection (study_instance_uid);
create index rejection_of_plan on rejection (plan_id) where plan_id is not null;
create index rejection_waiting on rejection (rejection_id) where state = 'rejected';

-- Which bytes: a register of its own, which a replay of their segment asks. The rows in sop_instance and instance say
-- 'rejected' too.
create table rejected_instance (
  sop_instance_uid    text collate "C" not null primary key,
  rejection_id        uuid not null references rejection,
  study_instance_uid  text collate "C" not null,
  series_instance_uid text collate "C" not null,
  sha256              bytea not null check (length(sha256) = 32)
);
create index rejected_instance_rejection on rejected_instance (rejection_id);
create index rejected_instance_study on rejected_instance (study_instance_uid);

-- A study, or a part of one, whose bytes are deleted: begun, then ended. What remains of it.
create table disposition (
  disposition_id       uuid primary key,
  study_instance_uid   text collate "C" not null,
  facility             text not null,
  is_whole_study       boolean not null,
  rejection_id         uuid not null references rejection,
  plan_id              uuid not null,
  plan_sha256          bytea not null,
  schedule             text not null,
  schedule_version     integer not null,
  rule                 text not null,
  reason_code          text not null,
  -- of its content, as in the plan
  content_sha256       bytea not null,
  instances            integer not null,
  bytes                bigint not null,
  planned_by           text not null,
  approved_by          text not null,
  executed_by          text not null,
  begun_at             timestamptz not null,
  -- Every version of every object was deleted and seen gone.
  ended_at             timestamptz,
  check (approved_by <> planned_by)
);
create index disposition_of_study on disposition (study_instance_uid);
create index disposition_of_plan on disposition (plan_id);
create index disposition_unended on disposition (begun_at) where ended_at is null;
-- One at a time: the bytes of a study are given up by one plan.
create unique index disposition_unended_of_study on disposition (study_instance_uid) where ended_at is null;

-- What it deletes: keys of objects, kept until they are seen gone in the store and its replica.
create table disposition_object (
  disposition_id uuid not null references disposition,
  object_key     text collate "C" not null,
  gone_at        timestamptz,
  primary key (disposition_id, object_key)
);
-- "Is this object one that was disposed of?"
create index disposition_object_of_key on disposition_object (object_key);
create index disposition_object_left on disposition_object (disposition_id) where gone_at is null;

-- The tombstone of an instance is its row here: the UID is never given again, its digest stays.
alter table sop_instance add column disposition_id uuid;
alter table sop_instance
  alter column study_key drop not null,
  alter column series_key drop not null,
  alter column segment_id drop not null,
  alter column ordinal drop not null,
  add check ((state = 'disposed') = (disposition_id is not null)),
  add check (state = 'disposed' or (study_key is not null and series_key is not null and segment_id is not null and ordinal is not null));
create index sop_instance_disposed on sop_instance (disposition_id) where disposition_id is not null;

-- Signed statements of what was disposed of by a plan.
create table disposition_certificate (
  certificate_id uuid primary key,
  plan_id        uuid not null,
  -- canonical JSON, and the Ed25519 signature over its UTF-8 bytes
  statement      text not null,
  signature      bytea not null check (length(signature) = 64),
  -- SubjectPublicKeyInfo, DER
  public_key     bytea not null,
  issued_by      text not null,
  issued_at      timestamptz not null
);
create index disposition_certificate_plan on disposition_certificate (plan_id, issued_at);

-- Who else may be this patient: of the same birth date and name (NAME_KEY in retention/linked-patients.ts)
drop index study_patient_birth_date;
create index study_patient_birth_date on study (patient_birth_date,
  (coalesce(patient_name_key, patient_name_ideographic_key, patient_name_phonetic_key)));
-- all studies, patient by patient
drop index study_patient;
create index study_patient on study (patient_key, study_key);

-- "Is anything of this study in quarantine?"
create index quarantine_open_of_study on quarantine (study_instance_uid) where state = 'open';
