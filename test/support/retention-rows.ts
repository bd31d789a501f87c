/**
 * What two databases of one store must both say of retention, in natural names; see compare-indexes.ts. The items of plans
 * are not among it, and so neither is whether a plan has ended: the journal does not tell them.
 */
const HEX = (column: string) => `encode(${column}, 'hex')`;
const MS = (column: string) => `date_trunc('milliseconds', ${column}) as ${column.replace(/^\w+\./, '')}`;
/** How a link names a patient: by the first of their identifiers. */
const NAMED = (key: string) => `(select i.local_namespace || ' ' || n.value from patient_identifier n
  join issuer i using (issuer_id) where n.patient_key = ${key} order by 1 limit 1)`;

/** Queries by table, for `compareRows`. */
export const RETENTION_ROWS = {
  region: `select code, region from facility where region is not null`,
  commissioning: `select code, commissioned_on from device where commissioned_on is not null`,
  patient_fact: `select f.patient_fact_id, i.local_namespace, f.patient_id, f.kind, f.class, f.on_date, f.source,
      f.registered_by, ${MS('f.registered_at')}, f.withdrawn_by, ${MS('f.withdrawn_at')}
    from patient_fact f join issuer i using (issuer_id)`,
  patient_link: `select least(${NAMED('patient_key')}, ${NAMED('other_key')}) as one,
      greatest(${NAMED('patient_key')}, ${NAMED('other_key')}) as other, state, decided_by, ${MS('decided_at')}
    from patient_link`,
  study_programme: `select study_programme_id, study_instance_uid, programme, registered_by, ${MS('registered_at')},
      withdrawn_by, ${MS('withdrawn_at')} from study_programme`,
  retention_schedule: `select schedule, version, text, ${HEX('sha256')} as sha256, effective_from, effective_until,
      proposed_by, ${MS('proposed_at')}, adopted_by, ${MS('adopted_at')}
    from retention_schedule where adopted_at is not null`,
  legal_hold: `select legal_hold_id, reason, authority, owner, scope, review_on, placed_by, ${MS('placed_at')}, released_by,
      ${MS('released_at')}, release_reason from legal_hold`,
  disposition_plan: `select plan_id, kind, schedule, schedule_version, ${HEX('sha256')} as sha256, studies, instances, bytes,
      created_by, ${MS('created_at')}, ${MS('expires_at')}, approved_by, ${MS('approved_at')}
    from disposition_plan where approved_at is not null`,
  rejection: `select rejection_id, study_instance_uid, series_instance_uid, reason_code, reason_text, plan_id, note_uid,
      rejected_by, ${MS('rejected_at')}, ${MS('restore_until')}, state, decided_by, ${MS('decided_at')} from rejection`,
  rejected_instance: `select sop_instance_uid, rejection_id, study_instance_uid, series_instance_uid,
      ${HEX('sha256')} as sha256 from rejected_instance`,
  awaited_instance: `select a.sop_instance_uid, f.code as facility, a.rejection_id
    from awaited_instance a join facility f using (facility_id)`,
  disposition: `select disposition_id, study_instance_uid, facility, is_whole_study, rejection_id, plan_id,
      ${HEX('plan_sha256')} as plan_sha256, schedule, schedule_version, rule, reason_code,
      ${HEX('content_sha256')} as content_sha256, instances, bytes, planned_by, approved_by, executed_by,
      ${MS('begun_at')}, ${MS('ended_at')} from disposition`,
  disposition_object: `select o.disposition_id, o.object_key, o.gone_at is null and d.ended_at is not null as turned_up
    from disposition_object o join disposition d using (disposition_id)`,
  tombstone: `select sop_instance_uid, ${HEX('sha256')} as sha256, disposition_id from sop_instance where state = 'disposed'`,
  disposition_certificate: `select certificate_id, plan_id, statement, ${HEX('signature')} as signature,
      ${HEX('public_key')} as public_key, issued_by, ${MS('issued_at')} from disposition_certificate`,
} as const;
