-- Who sends, who owns, who assigned an identifier. Design: facility, issuer, device, API key.

create table issuer (
  issuer_id         bigint generated always as identity primary key,
  -- Issuer of Patient ID (0010,0021) or of an accession number (0008,0051) as sent by devices.
  local_namespace   text not null unique check (local_namespace <> ''),
  universal_id      text,
  universal_id_type text,
  created_at        timestamptz not null default now(),
  unique (universal_id_type, universal_id),
  check ((universal_id is null) = (universal_id_type is null))
);

create table facility (
  facility_id           bigint generated always as identity primary key,
  code                  text not null unique check (code ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$'),
  name                  text not null,
  -- Assigned to identifiers that come without an issuer.
  patient_issuer_id     bigint not null references issuer,
  accession_issuer_id   bigint not null references issuer,
  assumed_character_set text,
  created_at            timestamptz not null default now()
);

create table device (
  device_id             bigint generated always as identity primary key,
  facility_id           bigint not null references facility,
  code                  text not null unique check (code ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$'),
  manufacturer          text,
  model                 text,
  serial_number         text,
  modality              text,
  origin                text not null check (origin in ('local', 'assembled', 'imported')),
  assumed_character_set text,
  -- null: the facility's
  patient_issuer_id     bigint references issuer,
  accession_issuer_id   bigint references issuer,
  quarantine_quota_bytes bigint check (quarantine_quota_bytes >= 0),
  created_at            timestamptz not null default now()
);
-- A series is tied to its device by these equipment attributes (PS3.3 C.7.5.1) within the sender's facility.
create unique index device_equipment on device (facility_id, manufacturer, model, serial_number)
  where serial_number is not null;

create table api_key (
  api_key_id   text primary key check (api_key_id <> ''),
  secret_hash  bytea not null check (length(secret_hash) = 32),
  name         text not null,
  roles        text[] not null check (roles <@ array['scanner', 'radiologist', 'administrator', 'auditor', 'manager'] and roles <> '{}'),
  -- null: every facility (not for scanners)
  facility_id  bigint references facility,
  device_id    bigint references device,
  created_at   timestamptz not null default now(),
  created_by   text not null,
  revoked_at   timestamptz,
  check (not ('scanner' = any (roles)) or facility_id is not null)
);

-- Every decision that touches patient data: who, what, when, decision (PS3.15 A.5 in substance).
create table audit_event (
  audit_event_id     bigint generated always as identity primary key,
  occurred_at        timestamptz not null,
  request_id         text not null,
  principal_kind     text not null,
  principal_id       text not null,
  action             text not null,
  allowed            boolean not null,
  reason             text not null,
  facility_id        bigint,
  study_instance_uid text,
  remote_address     text
);
create index audit_event_time on audit_event using brin (occurred_at);
-- "Who looked at this study?"
create index audit_event_study on audit_event (study_instance_uid, occurred_at) where study_instance_uid is not null;
create index audit_event_principal on audit_event (principal_id, occurred_at);
