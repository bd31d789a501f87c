/** The statements that make the rows of generate-index.ts. `pg_temp.draw(row, purpose)` is a number in [0, 1). */

/** Shares of a national archive in percent: modality, SOP class, body part, description. */
const KINDS = `(values
  (27.0, 'US', '1.2.840.10008.5.1.4.1.1.6.1', 'ABDOMEN', 'Ультразвуковое исследование брюшной полости'),
  (44.0, 'CT', '1.2.840.10008.5.1.4.1.1.2',   'CHEST',   'CT Chest with contrast'),
  (51.0, 'CT', '1.2.840.10008.5.1.4.1.1.2',   'HEAD',    'КТ головного мозга'),
  (70.0, 'DX', '1.2.840.10008.5.1.4.1.1.1.1', 'CHEST',   'Chest PA'),
  (77.0, 'CR', '1.2.840.10008.5.1.4.1.1.1',   'KNEE',    '무릎 AP/Lat'),
  (83.0, 'MR', '1.2.840.10008.5.1.4.1.1.4',   'BRAIN',   'MRI Brain routine'),
  (88.0, 'MR', '1.2.840.10008.5.1.4.1.1.4',   'LSPINE',  'МРТ поясничного отдела'),
  (94.0, 'MG', '1.2.840.10008.5.1.4.1.1.1.2', 'BREAST',  'Маммография скрининг'),
  (96.0, 'XA', '1.2.840.10008.5.1.4.1.1.12.1','HEART',   'Coronary angiography'),
  (97.5, 'ES', '1.2.840.10008.5.1.4.1.1.77.1.1.1', 'STOMACH', '위내시경'),
  (98.5, 'RF', '1.2.840.10008.5.1.4.1.1.12.2','COLON',   'Barium enema'),
  (99.2, 'NM', '1.2.840.10008.5.1.4.1.1.20',  'BONE',    'Bone scan whole body'),
  (99.7, 'PT', '1.2.840.10008.5.1.4.1.1.128', 'WHOLEBODY', 'FDG PET/CT'),
  (100.0,'IVUS','1.2.840.10008.5.1.4.1.1.6.1','HEART',   'IVUS LAD')
) as kind(upto, modality, sop_class, body_part, description)`;

/** The last of ten years, and how many studies arrive on each: of a million studies the first is ten years old. */
const NEWEST_DAY = `date '2025-12-28'`;
const STUDIES_A_DAY = 274;

/** $1: how many. */
export const PATIENTS = `
  with made as (insert into patient (patient_key) overriding system value select generate_series(1, $1::bigint) returning patient_key)
  insert into patient_identifier (issuer_id, value, patient_key)
  select (pg_temp.draw(patient_key, 1) ^ 1.5 * 40)::int % 40 + 1, 'P' || lpad(patient_key::text, 9, '0'), patient_key from made`;

/**
 * $1 studies, $2 patients, $3 names of patients, $4 names of physicians, $5 version of the names' readings. Studies arrive in
 * the order of their days, as many on each whatever the size: a smaller archive was begun later, so that a worklist of today is
 * as long in both. One in twenty was migrated later, one in five hundred has no date.
 */
export const STUDIES = `
  insert into study (study_key, study_instance_uid, facility_id, patient_key, patient_id, patient_issuer_id, patient_issuer_assigned,
    patient_name, patient_name_key, patient_name_ideographic_key, patient_name_readings, patient_name_sounds,
    referring_physician_name, referring_physician_name_key, referring_physician_name_readings, referring_physician_name_sounds,
    name_keys_version, patient_birth_date, patient_sex, study_date, study_time, accession_number, accession_issuer_id, study_id,
    study_description, institution_name, modalities, sop_classes, number_of_series, number_of_instances, revision, attributes, received_at, updated_at)
  select n, uid, facility, patient, patient_id, issuer, false,
    p.name, p.key, p.ideographic_key, p.readings, p.sounds, d.name, d.key, d.readings, d.sounds,
    $5::smallint, birth, sex, day, clock, accession, issuer, study_id,
    k.description, 'City Hospital ' || facility, case when pg_temp.draw(n, 11) < 0.2 then array[k.modality, 'SR'] when k.modality = 'PT' then array['CT', 'PT'] else array[k.modality] end,
    array[k.sop_class], 3,
    case when n % 50 = 0 then 12 else 3 * (10 + floor(pg_temp.draw(n, 12) * 120))::int end, 4,
    jsonb_strip_nulls(jsonb_build_object(
      '00080020', case when day is not null then jsonb_build_object('vr', 'DA', 'Value', jsonb_build_array(to_char(day, 'YYYYMMDD'))) end,
      '00080030', jsonb_build_object('vr', 'TM', 'Value', jsonb_build_array(left(clock, 6))),
      '00080050', jsonb_build_object('vr', 'SH', 'Value', jsonb_build_array(accession)),
      '00080090', jsonb_build_object('vr', 'PN', 'Value', jsonb_build_array(d.json)),
      '00081030', jsonb_build_object('vr', 'LO', 'Value', jsonb_build_array(k.description)),
      '00100010', jsonb_build_object('vr', 'PN', 'Value', jsonb_build_array(p.json)),
      '00100020', jsonb_build_object('vr', 'LO', 'Value', jsonb_build_array(patient_id)),
      '00100030', jsonb_build_object('vr', 'DA', 'Value', jsonb_build_array(to_char(birth, 'YYYYMMDD'))),
      '00100040', jsonb_build_object('vr', 'CS', 'Value', jsonb_build_array(sex)),
      '0020000D', jsonb_build_object('vr', 'UI', 'Value', jsonb_build_array(uid)),
      '00200010', jsonb_build_object('vr', 'SH', 'Value', jsonb_build_array(study_id)))),
    '2016-01-01'::timestamptz + n * interval '1 second', '2016-01-01'::timestamptz + n * interval '1 second'
  from (select n, '1.2.410.200010.99.1.' || n as uid,
      floor(pg_temp.draw(n, 2) ^ 1.5 * 40)::int + 1 as facility,
      floor(pg_temp.draw(n, 3) * $2)::bigint + 1 as patient,
      case when pg_temp.draw(n, 4) < 0.002 then null when pg_temp.draw(n, 4) < 0.05
        then ${NEWEST_DAY} - floor(pg_temp.draw(n, 5) * 3650)::int
        else ${NEWEST_DAY} - (($1 - n) / ${STUDIES_A_DAY})::int end as day,
      to_char(time '07:00' + pg_temp.draw(n, 6) * interval '12 hours', 'HH24MISS') || '.000000' as clock,
      'A' || lpad((n * 7919 % 10000000)::text, 8, '0') as accession,
      (n % 90000)::text as study_id,
      pg_temp.draw(n, 8) * 100 as kind_draw
    from generate_series(1, $1::bigint) n) s
  cross join lateral (select 'P' || lpad(patient::text, 9, '0') as patient_id,
      (pg_temp.draw(patient, 1) ^ 1.5 * 40)::int % 40 + 1 as issuer,
      date '1930-01-01' + floor(pg_temp.draw(patient, 9) * 33000)::int as birth,
      case when pg_temp.draw(patient, 10) < 0.001 then 'O' when pg_temp.draw(patient, 10) < 0.5 then 'M' else 'F' end as sex,
      floor(pg_temp.draw(patient, 13) * $3)::bigint as name_number,
      $3::bigint + floor(pg_temp.draw(n, 14) ^ 2 * $4)::bigint as physician_number) q
  join person p on p.number = name_number
  join person d on d.number = physician_number
  cross join lateral (select * from ${KINDS} where kind_draw < upto order by upto limit 1) k`;

/** Three of each study, the last of which is a report where the study has one. */
export const SERIES = `
  insert into series (study_key, series_key, series_instance_uid, modality, series_number, series_description, body_part_examined,
    manufacturer, manufacturer_model_name, station_name, device_serial_number, institution_name, series_date, series_time,
    performed_procedure_step_start_date, performed_procedure_step_start_time, number_of_instances, revision, attributes, received_at)
  select study_key, 3 * study_key + n, study_instance_uid || '.' || n, modality, n, description, body_part,
    maker, model, station, serial, institution, study_date, study_time, study_date, study_time, number_of_instances / 3, 3,
    jsonb_strip_nulls(jsonb_build_object(
      '00080060', jsonb_build_object('vr', 'CS', 'Value', jsonb_build_array(modality)),
      '00080070', jsonb_build_object('vr', 'LO', 'Value', jsonb_build_array(maker)),
      '0008103E', jsonb_build_object('vr', 'LO', 'Value', jsonb_build_array(description)),
      '0020000E', jsonb_build_object('vr', 'UI', 'Value', jsonb_build_array(study_instance_uid || '.' || n)),
      '00200011', jsonb_build_object('vr', 'IS', 'Value', jsonb_build_array(n)))), received_at
  from (select s.*, n, case when n = 3 then s.modalities[cardinality(s.modalities)] else s.modalities[1] end as modality,
      case n when 1 then 'Localizer' when 2 then s.study_description || ' axial' else 'Series ' || (s.study_key % 400) end as description,
      (array['CHEST', 'ABDOMEN', 'HEAD', 'BRAIN', 'KNEE', 'BREAST', 'HEART', 'LSPINE'])[1 + s.study_key % 8] as body_part,
      (array['SIEMENS', 'GE MEDICAL SYSTEMS', 'Philips', 'CANON', 'SAMSUNG'])[1 + (s.facility_id * 7 + s.study_key % 4) % 5] as maker,
      'Model ' || (s.facility_id * 4 + s.study_key % 4) % 60 as model,
      'ST' || s.facility_id || '-' || s.study_key % 4 as station,
      'SN' || s.facility_id * 10 + s.study_key % 4 as serial,
      s.institution_name as institution
    from study s cross join generate_series(1, 3) n) e`;

/** One of each study's first series. */
export const REQUESTS = `
  insert into series_request (study_key, series_key, ordinal, requested_procedure_id, scheduled_procedure_step_id, accession_number)
  select study_key, 3 * study_key + 1, 0, 'RP' || study_key, 'SPS' || study_key, accession_number from study`;

const OF_SERIES = `from series e join study s using (study_key) cross join generate_series(1, 4) n where e.study_key % 50 = 0`;

/** Four in each series of one study in fifty. */
export const INSTANCES = [
  `insert into instance (study_key, series_key, sop_instance_uid, sop_class_uid, state, instance_number, content_date, content_time,
      segment_id, ordinal, entry_offset, entry_length, sha256, transfer_syntax_uid, rows, columns, bits_allocated, number_of_frames,
      crc32, received_at)
    select e.study_key, e.series_key, e.series_instance_uid || '.' || n, s.sop_classes[1], 'active', n, s.study_date, s.study_time,
      gen_random_uuid(), n, 512, 524288, '\\x00', '1.2.840.10008.1.2.1', 512, 512, 16, null, '\\x00', s.received_at ${OF_SERIES}`,
  `insert into sop_instance (sop_instance_uid, study_key, series_key, segment_id, ordinal, sha256, state)
    select sop_instance_uid, study_key, series_key, segment_id, ordinal, sha256, state from instance`,
] as const;
