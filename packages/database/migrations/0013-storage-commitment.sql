-- Storage Commitment (PS3.18 §13): what was asked, and what was answered after the bytes had been read again.
create table commitment_request (
  transaction_uid text collate "C" not null primary key,
  principal_id    text not null,
  -- The one facility the asker is confined to; null: none.
  facility_id     bigint references facility,
  -- working: bytes are read, or wait for it; done: outcomes are there; expired: only the Transaction UID is remembered
  state           text not null check (state in ('working', 'done', 'expired')),
  requested_at    timestamptz not null default now(),
  -- A process is at it until then, or it waits until then after trouble of ours.
  claimed_until   timestamptz not null,
  attempts        integer not null default 0,
  finished_at     timestamptz,
  reference_count integer not null,
  -- [{sopClassUid, sopInstanceUid, studyInstanceUid?, seriesInstanceUid?}]
  instances       jsonb,
  -- For each of them the Failure Reason (0008,1197), or 0.
  outcomes        jsonb,
  check ((state = 'done') = (outcomes is not null)),
  check ((state = 'expired') = (instances is null))
);
-- the oldest that waits
create index commitment_request_waiting on commitment_request (requested_at) where state = 'working';
create index commitment_request_old on commitment_request (requested_at) where state <> 'working';
