/** Which studies a hold binds now: all of the archive are asked, none is kept in memory but the first. */
import { type Database, listedStudies, streamSubjects, type WrittenScope } from '@sandyq/database';
import {
  bindsStudy,
  type Condition,
  detailsAskedBy,
  type HoldScope,
  inputsForHolds,
  parseCondition,
} from '@sandyq/retention';
import { scheduleInForce } from '../schedules/schedule-in-force.ts';

/** A study that a hold binds. */
export interface BoundStudy {
  readonly studyInstanceUid: string;
  readonly facility: string;
  /** `unknown`: the condition asks for something that is not known of it, so it holds. */
  readonly binds: 'yes' | 'unknown';
}

/** What a hold binds now. */
export interface HoldSurvey {
  readonly studies: number;
  /** Of them: only because it cannot be decided whether they are meant. */
  readonly undecided: number;
  /** Listed ones that the archive does not have: it binds them when they come. */
  readonly absent: number;
  /** The first of them. */
  readonly shown: readonly BoundStudy[];
}

/** How a survey is made. */
export interface SurveyOptions {
  readonly now: Date;
  /** Studies that are named one by one. */
  readonly shown: number;
  readonly signal?: AbortSignal | undefined;
}

/** Asks the listed studies, or all of the archive. */
export function surveyHold(
  database: Database,
  scope: WrittenScope,
  options: SurveyOptions,
): Promise<HoldSurvey> {
  return scope.kind === 'studies'
    ? surveyList(database, scope.studyInstanceUids, options)
    : surveyQuery(database, parseCondition(scope.condition), options);
}

async function surveyList(
  database: Database,
  studyInstanceUids: readonly string[],
  { shown }: SurveyOptions,
): Promise<HoldSurvey> {
  const found = await listedStudies(database, studyInstanceUids);
  return {
    studies: found.length,
    undecided: 0,
    absent: studyInstanceUids.length - found.length,
    shown: found.slice(0, shown).map((study) => ({ ...study, binds: 'yes' })),
  };
}

async function surveyQuery(
  database: Database,
  condition: Condition,
  { now, shown, signal }: SurveyOptions,
): Promise<HoldSurvey> {
  const basis = (await scheduleInForce(database, now))?.rules;
  const survey = { studies: 0, undecided: 0, absent: 0, shown: new Array<BoundStudy>() };
  const scope: HoldScope = { kind: 'query', condition };
  const details = detailsAskedBy({ schedules: [], holds: [{ scope }] });
  for await (const batch of streamSubjects(database, { details, signal })) {
    for (const subject of batch) {
      const binds = bindsStudy(scope, inputsForHolds(subject, now, basis));
      if (binds === 'no') continue;
      survey.studies += 1;
      if (binds === 'unknown') survey.undecided += 1;
      const { studyInstanceUid, facility } = subject;
      if (survey.shown.length < shown) survey.shown.push({ studyInstanceUid, facility, binds });
    }
  }
  return survey;
}
