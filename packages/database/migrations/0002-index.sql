-- The metadata index. Internal keys are surrogates, UIDs are attributes. Everything here except the
-- decisions of people can be rebuilt from the segments in the object store.
create extension if not exists pg_trgm;

create table patient (
  patient_key bigint generated always as identity primary key,
  created_at  timestamptz not null default now()
);

-- Patient identity is (issuer, PatientID): unique here, by constraint.
create table patient_identifier (
  issuer_id   bigint not null references issuer,
  value       text not null check (value <> ''),
  patient_key bigint not null references patient,
  primary key (issuer_id, value)
);
create index patient_identifier_patient on patient_identifier (patient_key);

-- Equal people under different identifiers: explicit, reversible, never by merging rows.
create table patient_link (
  patient_link_id bigint generated always as identity primary key,
  patient_key     bigint not null references patient,
  other_key       bigint not null references patient,
  state           text not null check (state in ('candidate', 'confirmed', 'removed')),
  decided_by      text not null,
  decided_at      timestamptz not null default now(),
  check (patient_key < other_key)
);
create unique index patient_link_pair on patient_link (patient_key, other_key) where state <> 'removed';
create index patient_link_other on patient_link (other_key) where state <> 'removed';

create sequence study_key_seq as bigint cache 32;
create sequence series_key_seq as bigint cache 32;

create table study (
  study_key             bigint primary key,
  study_instance_uid    text collate "C" not null unique,
  facility_id           bigint not null references facility,
  patient_key           bigint not null references patient,
  patient_id            text collate "C",
  patient_issuer_id     bigint not null references issuer,
  patient_issuer_assigned boolean not null,
  patient_name          text,
  patient_name_key      text collate "C",
  patient_name_ideographic_key text collate "C",
  patient_name_phonetic_key    text collate "C",
  patient_birth_date    date,
  patient_sex           text,
  study_date            date,
  study_time            text collate "C",
  accession_number      text collate "C",
  accession_issuer_id   bigint references issuer,
  study_id              text collate "C",
  study_description     text,
  referring_physician_name     text,
  referring_physician_name_key text collate "C",
  modalities            text[] not null default '{}',
  sop_classes           text[] not null default '{}',
  number_of_series      integer not null default 0,
  number_of_instances   integer not null default 0,
  -- Rises with every addition, correction and rejection, in the same transaction.
  revision              bigint not null default 0,
  -- DICOM JSON (PS3.18 Annex F) of the patient's and the study's attributes, for answers.
  attributes            jsonb not null,
  received_at           timestamptz not null,
  updated_at            timestamptz not null
);
-- worklist: newest first, over all facilities and in one
create index study_newest on study (study_date desc nulls last, study_key desc) where number_of_instances > 0;
create index study_newest_in_facility on study (facility_id, study_date desc nulls last, study_key desc) where number_of_instances > 0;
create index study_patient on study (patient_key);
create index study_patient_id on study (patient_id text_pattern_ops);
create index study_accession_number on study (accession_number text_pattern_ops);
create index study_study_id on study (study_id text_pattern_ops) where study_id is not null;
create index study_patient_birth_date on study (patient_birth_date);
create index study_patient_name on study (patient_name_key text_pattern_ops);
create index study_patient_name_ideographic on study (patient_name_ideographic_key text_pattern_ops) where patient_name_ideographic_key is not null;
create index study_patient_name_phonetic on study (patient_name_phonetic_key text_pattern_ops) where patient_name_phonetic_key is not null;
-- wildcard in the middle
create index study_patient_name_trigram on study using gin (patient_name_key gin_trgm_ops);
create index study_description_trigram on study using gin (study_description gin_trgm_ops);
create index study_referring_physician on study using gin (referring_physician_name_key gin_trgm_ops);
create index study_modalities on study using gin (modalities);

create table series (
  study_key            bigint not null,
  series_key           bigint not null,
  series_instance_uid  text collate "C" not null,
  device_id            bigint,
  modality             text collate "C",
  series_number        bigint,
  series_description   text,
  body_part_examined   text collate "C",
  laterality           text,
  manufacturer         text collate "C",
  manufacturer_model_name text collate "C",
  station_name         text collate "C",
  device_serial_number text collate "C",
  institution_name     text collate "C",
  series_date          date,
  series_time          text collate "C",
  performed_procedure_step_start_date date,
  performed_procedure_step_start_time text collate "C",
  number_of_instances  integer not null default 0,
  revision             bigint not null default 0,
  attributes           jsonb not null,
  received_at          timestamptz not null,
  primary key (study_key, series_key),
  unique (study_key, series_instance_uid)
) partition by hash (study_key);
create index series_uid on series (series_instance_uid);
create index series_modality on series (modality, performed_procedure_step_start_date desc);
create index series_body_part on series (body_part_examined) where body_part_examined is not null;
create index series_performed on series (performed_procedure_step_start_date) where performed_procedure_step_start_date is not null;
create index series_station on series (station_name) where station_name is not null;
create index series_institution on series (institution_name) where institution_name is not null;
create index series_date on series (series_date) where series_date is not null;
create index series_manufacturer on series (manufacturer) where manufacturer is not null;
create index series_model on series (manufacturer_model_name) where manufacturer_model_name is not null;
create index series_device on series (device_id) where device_id is not null;
create index series_device_serial on series (device_serial_number) where device_serial_number is not null;
create index series_description_trigram on series using gin (series_description gin_trgm_ops);

-- Request Attributes Sequence (0040,0275): a series may answer several requests.
create table series_request (
  study_key                   bigint not null,
  series_key                  bigint not null,
  ordinal                     integer not null,
  requested_procedure_id      text collate "C",
  scheduled_procedure_step_id text collate "C",
  accession_number            text collate "C",
  primary key (study_key, series_key, ordinal)
) partition by hash (study_key);
create index series_request_procedure on series_request (requested_procedure_id);
create index series_request_step on series_request (scheduled_procedure_step_id);

-- The one place where an instance exists once. Hash-partitioned by its own key: it never leaves PostgreSQL.
create table sop_instance (
  sop_instance_uid text collate "C" not null primary key,
  study_key        bigint not null,
  series_key       bigint not null,
  segment_id       uuid not null,
  ordinal          integer not null,
  sha256           bytea not null,
  state            text not null check (state in ('active', 'identity-conflict', 'rejected', 'disposed'))
) partition by hash (sop_instance_uid);

-- What retrieval needs, narrow: where the bytes are and how to cut them.
create table instance (
  study_key           bigint not null,
  series_key          bigint not null,
  sop_instance_uid    text collate "C" not null,
  sop_class_uid       text collate "C" not null,
  state               text not null,
  instance_number     bigint,
  content_date        date,
  content_time        text collate "C",
  segment_id          uuid not null,
  ordinal             integer not null,
  entry_offset        bigint not null,
  entry_length        bigint not null,
  sha256              bytea not null,
  transfer_syntax_uid text collate "C" not null,
  rows                integer,
  columns             integer,
  bits_allocated      integer,
  number_of_frames    integer,
  photometric_interpretation text,
  -- PixelDataLayout and bulk table of the receipt; CRC-32 of each block, 4 bytes LE each.
  pixel_data          jsonb,
  bulk_data           jsonb,
  crc32               bytea not null,
  -- only when the label was not simply believed: {label, used, flag}
  character_set       jsonb,
  received_at         timestamptz not null,
  primary key (study_key, sop_instance_uid)
) partition by hash (study_key);
create index instance_of_series on instance (study_key, series_key, instance_number, sop_instance_uid);
create index instance_sop_class on instance (sop_class_uid);
create index instance_content_date on instance (content_date) where content_date is not null;
create index instance_segment on instance (segment_id);

-- A droppable cache: each instance's DICOM JSON, gzip. Rebuilt from the segment's `metadata` entry.
create table instance_metadata (
  study_key        bigint not null,
  series_key       bigint not null,
  sop_instance_uid text collate "C" not null,
  json_gzip        bytea not null,
  primary key (study_key, sop_instance_uid)
) partition by hash (study_key);

-- A droppable cache: one compressed answer per (series, revision).
create table series_metadata (
  study_key  bigint not null,
  series_key bigint not null,
  revision   bigint not null,
  json_gzip  bytea not null,
  primary key (study_key, series_key)
) partition by hash (study_key);

create table segment (
  segment_id     uuid not null primary key,
  object_key     text collate "C" not null,
  study_key      bigint not null,
  series_key     bigint not null,
  facility_id    bigint not null,
  device_id      bigint,
  principal_id   text not null,
  size_bytes     bigint not null,
  receipt_sha256 bytea not null,
  received_at    timestamptz not null,
  entries        integer not null,
  -- live: holds something that counts; duplicate: everything in it is held elsewhere; superseded: verified elsewhere, waits for its grace
  state          text not null check (state in ('live', 'duplicate', 'superseded', 'deleted')),
  superseded_at  timestamptz,
  deleted_at     timestamptz,
  -- received time minus the device's own time of creation, for the device's page
  clock_offset_ms      bigint,
  character_set_alarms integer not null default 0
) partition by hash (segment_id);
create index segment_device on segment (device_id, received_at desc);
create index segment_of_series on segment (study_key, series_key);
create index segment_to_supersede on segment (received_at) where state in ('duplicate', 'superseded');

do $$
begin
  for i in 0..15 loop
    execute format('create table series_%s partition of series for values with (modulus 16, remainder %s)', i, i);
    execute format('create table series_request_%s partition of series_request for values with (modulus 16, remainder %s)', i, i);
    execute format('create table instance_%s partition of instance for values with (modulus 16, remainder %s)', i, i);
    execute format('create table instance_metadata_%s partition of instance_metadata for values with (modulus 16, remainder %s)', i, i);
    -- The pieces are compressed already.
    execute format('alter table instance_metadata_%s alter column json_gzip set storage external', i);
    execute format('create table series_metadata_%s partition of series_metadata for values with (modulus 16, remainder %s)', i, i);
    execute format('alter table series_metadata_%s alter column json_gzip set storage external', i);
    execute format('create table segment_%s partition of segment for values with (modulus 16, remainder %s)', i, i);
    execute format('create table sop_instance_%s partition of sop_instance for values with (modulus 16, remainder %s)', i, i);
  end loop;
end
$$;
