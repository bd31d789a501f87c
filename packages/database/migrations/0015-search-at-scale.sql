-- Every search key is answered by an index whatever the size of the archive (docs/decisions/0028).

-- The day a study is listed under, newest first; -infinity: it has none; null: it has no instances and is not listed.
-- One column without absent days, so that a page begins where the last one ended; and one that does not change when
-- instances are counted, so that counting writes no index (HOT).
drop index study_newest;
drop index study_newest_in_facility;
-- Of its series the first in order.
alter table study add column institution_name text collate "C";
create temporary table institution_of_study on commit drop as
  select study_key, min(institution_name) as institution_name from series
  where number_of_instances > 0 and institution_name is not null group by study_key;
alter table institution_of_study add primary key (study_key);
create function pg_temp.institution_of(study bigint) returns text language plpgsql stable as
  $$ begin return (select institution_name from pg_temp.institution_of_study where study_key = study); end $$;
-- Room for a study that grows, so that its row stays in its page.
alter table study set (fillfactor = 80);
-- One rewrite for all.
alter table study
  add column listed_on date generated always as
    (case when number_of_instances > 0 then coalesce(study_date, '-infinity'::date) end) stored,
  alter column institution_name type text collate "C" using pg_temp.institution_of(study_key),
  -- The tokens of readings. Those of names that nobody has are too long for words.
  add column patient_name_tokens tsvector generated always as (case when octet_length(patient_name_readings) < 2000
    then array_to_tsvector(string_to_array(btrim(patient_name_readings), ' ')) end) stored,
  add column referring_physician_name_tokens tsvector generated always as
    (case when octet_length(referring_physician_name_readings) < 2000
      then array_to_tsvector(string_to_array(btrim(referring_physician_name_readings), ' ')) end) stored;
-- A rare name is told from a common one by the sample alone.
alter table study
  alter column patient_name_tokens set statistics 300,
  alter column referring_physician_name_tokens set statistics 300;

-- worklist: newest first, over all facilities, in one, in one as the images name it, of one issuer; modalities are filtered,
-- matches counted and pages passed over without reading the studies
create index study_newest on study (listed_on desc, study_key desc) include (modalities) where listed_on is not null;
create index study_newest_in_facility on study (facility_id, listed_on desc, study_key desc) include (modalities)
  where listed_on is not null;
create index study_newest_of_institution on study (institution_name, listed_on desc, study_key desc) include (modalities)
  where listed_on is not null and institution_name is not null;
create index study_newest_of_issuer on study (patient_issuer_id, listed_on desc, study_key desc) include (modalities)
  where listed_on is not null;

-- PatientID, AccessionNumber: the end or the middle of a number
create index study_patient_id_trigram on study using gin (patient_id gin_trgm_ops);
create index study_accession_number_trigram on study using gin (accession_number gin_trgm_ops);
-- PatientName, ReferringPhysicianName across scripts and fuzzily: whole tokens and their beginnings
create index study_patient_name_tokens on study using gin (patient_name_tokens);
create index study_referring_physician_tokens on study using gin (referring_physician_name_tokens);
-- PatientName: the middle of a name in any component group
create index study_patient_name_ideographic_trigram on study using gin (patient_name_ideographic_key gin_trgm_ops)
  where patient_name_ideographic_key is not null;
create index study_patient_name_phonetic_trigram on study using gin (patient_name_phonetic_key gin_trgm_ops)
  where patient_name_phonetic_key is not null;
-- PatientSex: all but half of the studies
create index study_patient_sex on study (patient_sex) where patient_sex not in ('F', 'M');
-- "What institutions and modalities are there?" is asked of study_newest_of_institution and series_modality.

-- SeriesTime, PerformedProcedureStepStartTime without a date
create index series_time on series (series_time) where series_time is not null;
create index series_performed_time on series (performed_procedure_step_start_time)
  where performed_procedure_step_start_time is not null;
drop function pg_temp.institution_of(bigint);
