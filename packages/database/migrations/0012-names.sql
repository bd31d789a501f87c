-- Names are found in other scripts and by their sound. The keys are derived from the names in this table, so studies of
-- before get theirs in the background (name_keys_version 0), and all get new ones when the rules change.
alter table study
  add column patient_name_readings             text collate "C",
  add column patient_name_sounds               text[],
  add column referring_physician_name_readings text collate "C",
  add column referring_physician_name_sounds   text[],
  add column name_keys_version                 smallint not null default 0;

-- PatientName, ReferringPhysicianName across scripts and fuzzily: a regular expression over tokens
create index study_patient_name_readings on study using gin (patient_name_readings gin_trgm_ops);
create index study_referring_physician_readings on study using gin (referring_physician_name_readings gin_trgm_ops);
-- fuzzymatching=true
create index study_patient_name_sounds on study using gin (patient_name_sounds);
create index study_referring_physician_sounds on study using gin (referring_physician_name_sounds);
-- keys that are still to be made
create index study_name_keys_version on study (name_keys_version, study_key);

-- A rare surname is told from a common one by the sample alone; every value of it costs the planner a comparison.
alter table study
  alter column patient_name_readings set statistics 300,
  alter column referring_physician_name_readings set statistics 300;

-- StudyTime without a date
create index study_time on study (study_time) where study_time is not null;
-- SeriesNumber across studies
create index series_number on series (series_number) where series_number is not null;
