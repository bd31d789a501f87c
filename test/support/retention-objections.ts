/** What speaks against purging something, by the model of retention-model.ts: in words, for whom it happened to all the same. */
import {
  COMMISSIONED_ON,
  DAY_MS,
  type Day,
  dayOf,
  type FactKind,
  type ModelHold,
  type ModelItem,
  type ModelPlan,
  type ModelSchedule,
  type ModelStudy,
  PATIENTS,
  type PatientName,
  pairOf,
  presentIn,
  type RetentionModel,
} from './retention-model.ts';

/** Against rejecting an item by its plan, now. */
export function objectionsToRejection(model: RetentionModel, plan: ModelPlan, item: ModelItem): string[] {
  const study = model.studies.get(item.study);
  if (study === undefined) return ['it is no study'];
  return [
    ...objectionsToPlan(model, plan),
    ...objectionsToItem(model, plan, item),
    ...objectionsToStudy(model, study),
  ];
}

/** Against beginning to purge an item, now. */
export function objectionsToPurge(model: RetentionModel, plan: ModelPlan, item: ModelItem): string[] {
  const rejection = [...model.rejections.values()].find(
    ({ id, study, planId, isRestored }) =>
      study === item.study &&
      !isRestored &&
      (plan.kind === 'schedule' ? planId === plan.id : id === item.rejectionId),
  );
  const objections = objectionsToRejection(model, plan, item);
  if (rejection === undefined) return [...objections, 'it is not rejected'];
  const isInGrace = model.nowMs < rejection.rejectedAtMs + model.graceDays * DAY_MS;
  return isInGrace ? [...objections, 'its grace has not passed'] : objections;
}

function objectionsToPlan(model: RetentionModel, plan: ModelPlan): string[] {
  const inForce = scheduleInForce(model);
  return [
    ...said(plan.approvedBy === undefined, 'the plan is not approved'),
    ...said(plan.approvedBy === plan.madeBy, 'one person has made and approved the plan'),
    ...said(plan.isWithdrawn, 'the plan is withdrawn'),
    ...said(model.nowMs >= plan.expiresAtMs, 'the plan has expired'),
    ...said(
      inForce === undefined || nameOf(inForce) !== plan.schedule,
      'the schedule of the plan is not in force',
    ),
  ];
}

function objectionsToItem(model: RetentionModel, plan: ModelPlan, item: ModelItem): string[] {
  const study = model.studies.get(item.study);
  const present = study === undefined ? new Set<string>() : presentIn(study);
  const isWhole = plan.kind === 'schedule';
  const isSame = isWhole
    ? present.size === item.instances.size && present.isSubsetOf(item.instances)
    : item.instances.isSubsetOf(present);
  return said(!isSame, 'it is not what was planned');
}

/** What speaks against giving up anything of a study on this day, whoever wants it. */
export function objectionsToStudy(model: RetentionModel, study: ModelStudy): string[] {
  const schedule = scheduleInForce(model);
  return [
    ...holdsOver(model, study).map(({ id }) => `hold ${id} binds it`),
    ...said(study.isQuarantined, 'something of it is in quarantine'),
    ...objectionsToDates(model, study),
    ...objectionsToPerson(model, study),
    ...(schedule === undefined ? ['no schedule is in force'] : objectionsByRule(model, study, schedule)),
  ];
}

/** By version of its adoption: the latest to become effective, then the latest adopted. */
export function scheduleInForce({ adopted, today }: RetentionModel): ModelSchedule | undefined {
  let inForce: ModelSchedule | undefined;
  for (const schedule of adopted)
    if (schedule.from <= today && schedule.from >= (inForce?.from ?? '')) inForce = schedule;
  return inForce;
}

export function nameOf({ schedule, version }: ModelSchedule): string {
  return `${schedule}@${version}`;
}

function objectionsByRule(model: RetentionModel, study: ModelStudy, { rule }: ModelSchedule): string[] {
  const { studyDate = model.today } = study;
  const keptUntil = (from: Day, years: number) =>
    said(yearsLater(from, years) >= model.today, `its minimum period of ${years} years has not passed`);
  if ('yearsFromContact' in rule) return keptUntil(lastContact(model, study), rule.yearsFromContact);
  const [birthDate] = birthDates(model, study);
  if (birthDate === undefined) return ['the birth date is not known'];
  const isChild = studyDate < yearsLater(birthDate, 16);
  return keptUntil(studyDate, isChild ? rule.childYears : rule.adultYears);
}

function objectionsToDates(model: RetentionModel, study: ModelStudy): string[] {
  const { studyDate, kind } = study;
  if (studyDate === undefined) return ['it has no date'];
  const births = birthDates(model, study);
  const deaths = factsOf(model, study, 'death');
  return [
    ...said(kind === 'future', 'its date is later than its receipt'),
    ...said(kind === 'before-device' && studyDate < COMMISSIONED_ON, 'its device was not there on its date'),
    ...said(births.length > 1, 'the patient was born twice'),
    ...said(
      births.some((birth) => birth > studyDate),
      'the patient was born later',
    ),
    ...said(deaths.length > 1, 'the patient died twice'),
    ...said(
      deaths.some((death) => death < studyDate),
      'the patient died before',
    ),
  ];
}

/** Somebody of the same name and birth date, or whom somebody has proposed. */
function objectionsToPerson(model: RetentionModel, { patient }: ModelStudy): string[] {
  const person = personOf(model, patient);
  const others = (Object.keys(PATIENTS) as PatientName[]).filter((other) => !person.has(other));
  const proposed = others.some((other) =>
    [...person].some((one) => linkOf(model, one, other) === 'candidate'),
  );
  const alike = others.filter((other) => looksLike(model, person, other) && !isRefused(model, person, other));
  return said(proposed || alike.length > 0, 'the patient may be another one too');
}

function looksLike(model: RetentionModel, person: ReadonlySet<PatientName>, other: PatientName): boolean {
  const seen = (patients: ReadonlySet<PatientName>) =>
    existing(model, patients).flatMap(({ patient, birthDate }) =>
      birthDate === undefined ? [] : [`${PATIENTS[patient].name} ${birthDate}`],
    );
  const ours = new Set(seen(person));
  return seen(new Set([other])).some((name) => ours.has(name));
}

function isRefused(model: RetentionModel, person: ReadonlySet<PatientName>, other: PatientName): boolean {
  const others = [...personOf(model, other)];
  return [...person].some((one) => others.some((two) => linkOf(model, one, two) === 'refused'));
}

function linkOf({ links }: RetentionModel, one: PatientName, other: PatientName) {
  return links.get(pairOf(one, other));
}

/** Everybody who is confirmed to be this patient. */
function personOf(model: RetentionModel, patient: PatientName): ReadonlySet<PatientName> {
  const person = new Set<PatientName>([patient]);
  for (const one of person)
    for (const other of Object.keys(PATIENTS) as PatientName[])
      if (linkOf(model, one, other) === 'confirmed') person.add(other);
  return person;
}

function existing({ studies }: RetentionModel, patients: ReadonlySet<PatientName>): ModelStudy[] {
  return [...studies.values()].filter((study) => patients.has(study.patient) && presentIn(study).size > 0);
}

function birthDates(model: RetentionModel, study: ModelStudy): Day[] {
  const studies = existing(model, personOf(model, study.patient));
  const said = studies.flatMap(({ birthDate }) => birthDate ?? []);
  return [...new Set([...said, ...factsOf(model, study, 'birth')])];
}

function factsOf(model: RetentionModel, { patient }: ModelStudy, wanted: FactKind): Day[] {
  const person = personOf(model, patient);
  const facts = model.facts.filter(
    (fact) => !fact.isWithdrawn && fact.kind === wanted && person.has(fact.patient),
  );
  return [...new Set(facts.map(({ on }) => on))];
}

/** What has no day, or an impossible one, counts on the day of its receipt. */
function lastContact(model: RetentionModel, study: ModelStudy): Day {
  const received = dayOf(model.startMs);
  const studies = existing(model, personOf(model, study.patient));
  const days = studies.map(({ studyDate, kind }) => (kind === 'future' ? received : (studyDate ?? received)));
  return [...days, ...factsOf(model, study, 'contact')].reduce((last, day) => (day > last ? day : last), '');
}

/** The holds that bind it. */
export function holdsOver(model: RetentionModel, study: ModelStudy): ModelHold[] {
  return model.holds.filter(({ isReleased, scope }) => {
    if (isReleased) return false;
    if (scope === 'everything') return true;
    if ('study' in scope) return scope.study === study.uid;
    if ('patient' in scope) return personOf(model, study.patient).has(scope.patient);
    const isDated = study.kind !== 'undated' && study.kind !== 'future' && study.kind !== 'before-device';
    return !isDated || (study.studyDate ?? '') < scope.before;
  });
}

function yearsLater(day: Day, years: number): Day {
  return `${Number(day.slice(0, 4)) + years}${day.slice(4)}`;
}

function said(isSo: boolean, objection: string): string[] {
  return isSo ? [objection] : [];
}
