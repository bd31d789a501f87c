-- What was kept but not (or not yet) accepted, what changed, and what must reach the journal.

-- Bytes that could not be accepted, with sender and reason. The bytes are a quarantine object of their own
-- (checked by sha256), or an entry of a segment (then segment_id and crc32 are set).
create table quarantine (
  quarantine_id    bigint generated always as identity primary key,
  sha256           bytea not null check (length(sha256) = 32),
  reason           text not null,
  message          text not null,
  facility_id      bigint not null references facility,
  device_id        bigint references device,
  principal_id     text not null,
  object_key       text collate "C" not null,
  entry_offset     bigint not null,
  entry_length     bigint not null,
  crc32            bytea,
  segment_id       uuid,
  study_instance_uid  text,
  series_instance_uid text,
  sop_instance_uid    text,
  received_at      timestamptz not null,
  last_received_at timestamptz not null,
  times_received   bigint not null default 1,
  state            text not null default 'open' check (state in ('open', 'accepted', 'replaced', 'discarded')),
  decided_by       text,
  decided_at       timestamptz,
  check ((state = 'open') = (decided_at is null))
);
-- A repeat raises a counter, not a copy.
create unique index quarantine_once on quarantine (facility_id, sha256, reason) where state = 'open';
create index quarantine_open on quarantine (quarantine_id) where state = 'open';
create index quarantine_device on quarantine (device_id, received_at desc);
create index quarantine_segment on quarantine (segment_id) where segment_id is not null;

-- A known instance again with other patient or study attributes (design §2.5c).
create table proposed_correction (
  proposed_correction_id bigint generated always as identity primary key,
  sop_instance_uid text collate "C" not null,
  study_key        bigint not null,
  sha256           bytea not null,
  segment_id       uuid not null,
  ordinal          integer not null,
  object_key       text collate "C" not null,
  entry_offset     bigint not null,
  entry_length     bigint not null,
  crc32            bytea not null,
  facility_id      bigint not null,
  device_id        bigint,
  principal_id     text not null,
  received_at      timestamptz not null,
  times_received   bigint not null default 1,
  state            text not null default 'open' check (state in ('open', 'applied', 'discarded')),
  unique (sop_instance_uid, sha256)
);
create index proposed_correction_study on proposed_correction (study_key);
create index proposed_correction_segment on proposed_correction (segment_id);

-- Bytes that were judged equal to a stored instance (design §2.5b): a repeat of them needs no second judgement.
-- Droppable: what is missing is judged again.
create table known_encoding (
  sop_instance_uid text collate "C" not null,
  sha256           bytea not null,
  -- false: another transfer syntax or byte order, which its sender is warned of
  same_encoding    boolean not null,
  primary key (sop_instance_uid, sha256)
) partition by hash (sop_instance_uid);
do $$
begin
  for i in 0..15 loop
    execute format('create table known_encoding_%s partition of known_encoding for values with (modulus 16, remainder %s)', i, i);
  end loop;
end
$$;

-- An instance of a study with another (issuer, PatientID): stored, held out of search and retrieval (design §2.6).
create table identity_conflict (
  identity_conflict_id bigint generated always as identity primary key,
  study_key         bigint not null,
  series_key        bigint not null,
  sop_instance_uid  text collate "C" not null unique,
  patient_issuer_id bigint not null,
  patient_id        text collate "C",
  facility_id       bigint not null,
  device_id         bigint,
  received_at       timestamptz not null,
  state             text not null default 'open' check (state in ('open', 'resolved')),
  decided_by        text,
  decided_at        timestamptz
);
create index identity_conflict_study on identity_conflict (study_key);
create index identity_conflict_device on identity_conflict (device_id) where state = 'open';

-- Change feed: writers insert without a position; one publisher assigns dense positions in commit order.
create table change_outbox (
  change_outbox_id bigint generated always as identity primary key,
  kind             text not null,
  study_key        bigint,
  study_instance_uid text,
  series_instance_uid text,
  sop_instance_uids text[] not null default '{}',
  occurred_at      timestamptz not null
);
-- A restored database starts a new epoch: cursors of the old one are told so.
create table change_epoch (
  epoch      bigint primary key,
  started_at timestamptz not null default now()
);
insert into change_epoch (epoch) values (1);
create table change (
  epoch              bigint not null references change_epoch,
  position           bigint not null,
  kind               text not null,
  study_key          bigint,
  study_instance_uid text,
  series_instance_uid text,
  sop_instance_uids  text[] not null,
  occurred_at        timestamptz not null,
  published_at       timestamptz not null default now(),
  primary key (epoch, position)
);

-- Facts that bytes do not tell, on their way to journal objects in the store. Written in the deciding transaction.
create table journal_outbox (
  journal_outbox_id bigint generated always as identity primary key,
  kind              text not null,
  fact              jsonb not null,
  decided_by        text not null,
  occurred_at       timestamptz not null default now()
);
