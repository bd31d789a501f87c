/** Search among 20,000 studies: by key, as a worklist, by name, on a late page. */
import type { ComparedCase, Goal, Scale, Target, Turn } from '../bench-case.ts';
import type { Outgoing } from '../driver/connection.ts';
import { drive, expectStatus, type Job, jsonOf } from '../driver/drive.ts';
import type { StoredLoad } from '../load/stored-load.ts';
import type { TinyStudy } from '../load/tiny-studies.ts';
import { worklistPart } from './load-parts.ts';
import { staticCase } from './static-floor.ts';

const STUDY_INSTANCE_UID = '0020000D';
/** Nothing was found (PS3.18 §10.6.3). */
const NO_CONTENT = 204;
const PAGE = 50;
const CLIENTS = 16;
/** Latin letters: not every archive finds others. */
const NAMES = ['Iskakov', 'Abenov', 'Tulegenov', 'Petrov'];
/** So many times more than the peer may a search take. */
const LIST_GOALS: readonly Goal[] = [{ measure: 'p50Ms', against: 'peer', ratio: 1 / 30 }];

/** A search and what it must find. */
interface Question {
  readonly query: string;
  /** Study Instance UIDs; a page holds the first `PAGE` of them, in whatever order. */
  readonly expected: ReadonlySet<string>;
  /** How many must come. */
  readonly count: number;
}

/** Draws a question about these studies. */
type Ask = (studies: readonly TinyStudy[], turn: Turn) => Question;

/** The cases of the Search transaction (PS3.18 §10.6). */
export function searchCases(load: StoredLoad): ComparedCase[] {
  return [
    exactCase(load, 1, [{ measure: 'p50Ms', against: 'peer', ratio: 1 / 4 }]),
    exactCase(load, CLIENTS, [{ measure: 'perSecond', against: 'peer', ratio: 5 }]),
    listCase(load, 'search-worklist', 'QIDO worklist: a month, one modality', worklist),
    listCase(load, 'search-name-prefix', 'QIDO beginning of a name', (studies, { random }) => {
      const name = random.pick(NAMES);
      return question(`PatientName=${name}*`, studies, ({ patient }) => patient.name.startsWith(name));
    }),
    listCase(load, 'search-name-middle', 'QIDO middle of a name', (studies, { random }) => {
      const middle = random.pick(NAMES).slice(1, -1);
      return question(`PatientName=*${middle}*`, studies, ({ patient }) => patient.name.includes(middle));
    }),
    listCase(load, 'search-deep-page', 'QIDO late page (offset of three quarters)', (studies) => {
      const offset = Math.floor(studies.length * 0.75);
      return question(`StudyDate=20240101-20251231&offset=${offset}`, studies, () => true);
    }),
  ];
}

function exactCase(load: StoredLoad, clients: number, goals: readonly Goal[]): ComparedCase {
  const name = `search-exact-${clients}`;
  const requests = (scale: Scale) => (clients === 1 ? scale.of(60, 500) : scale.of(160, 3_200));
  return {
    ...searchCase(load, { name, clients, ask: exact, requests }),
    work: `QIDO exact keys, ${clients} client${clients === 1 ? '' : 's'}`,
    goals: [...goals, { measure: 'perSecond', against: 'floor', ratio: 0.5 }],
    floor: staticCase({
      name,
      route: 'express',
      connections: clients,
      own: (turn, target) => requestOf(target, exact(load.get(worklistPart(turn.scale)), turn)),
    }),
  };
}

function listCase(load: StoredLoad, name: string, work: string, ask: Ask): ComparedCase {
  const requests = (scale: Scale) => scale.of(10, 100);
  return { ...searchCase(load, { name, clients: 1, ask, requests }), work, goals: LIST_GOALS };
}

interface SearchShape {
  readonly name: string;
  readonly clients: number;
  readonly ask: Ask;
  readonly requests: (scale: Scale) => number;
}

function searchCase(load: StoredLoad, { name, clients, ask, requests }: SearchShape) {
  return {
    kind: 'compared' as const,
    name,
    prepare: (target: Target, scale: Scale) => load.store(target, worklistPart(scale)),
    run: (target: Target, turn: Turn) => {
      const studies = load.get(worklistPart(turn.scale));
      const jobs = Array.from({ length: requests(turn.scale) }, () => searchJob(target, ask(studies, turn)));
      return drive(clients, jobs, { atLeast: turn.scale.seconds, atMost: turn.scale.mostSeconds });
    },
  };
}

function searchJob(target: Target, { query, expected, count }: Question): Job {
  const request = requestOf(target, { query });
  return {
    request,
    verify: (answer) => {
      if (answer.status !== NO_CONTENT) expectStatus(answer, request);
      const found = answer.bytes === 0 ? [] : (jsonOf(answer) as readonly unknown[]).map(studyInstanceUidOf);
      const wrong = found.filter((uid) => !expected.has(uid));
      if (found.length === count && new Set(found).size === count && wrong.length === 0) return;
      throw new Error(`${query}: ${found.length} studies for ${count}, ${wrong.length} that do not match`);
    },
  };
}

function requestOf({ dicomWebUrl }: Target, { query }: Pick<Question, 'query'>): Outgoing {
  const url = `${dicomWebUrl}/studies?${query}&limit=${PAGE}`;
  return { method: 'GET', url, headers: { accept: 'application/dicom+json' } };
}

function exact(studies: readonly TinyStudy[], { random }: Turn): Question {
  const { studyInstanceUid } = random.pick(studies).instance;
  const { id, accessionNumber } = random.pick(studies).patient;
  // Numbers are drawn: among 20,000 two may be the same.
  return random.pick([
    () =>
      question(
        `StudyInstanceUID=${studyInstanceUid}`,
        studies,
        (study) => study.instance.studyInstanceUid === studyInstanceUid,
      ),
    () => question(`PatientID=${id}`, studies, ({ patient }) => patient.id === id),
    () =>
      question(
        `AccessionNumber=${accessionNumber}`,
        studies,
        ({ patient }) => patient.accessionNumber === accessionNumber,
      ),
  ])();
}

function worklist(studies: readonly TinyStudy[], { random }: Turn): Question {
  // No date of the load is after the 28th.
  const month = random.pick(studies).patient.studyDate.slice(0, 6);
  const modality = random.pick(['CT', 'US', 'MR']);
  return question(
    `StudyDate=${month}01-${month}28&ModalitiesInStudy=${modality}`,
    studies,
    (study) => study.modality === modality && study.patient.studyDate.startsWith(month),
  );
}

function question(
  query: string,
  studies: readonly TinyStudy[],
  matches: (study: TinyStudy) => boolean,
): Question {
  const expected = new Set(studies.filter(matches).map(({ instance }) => instance.studyInstanceUid));
  return { query, expected, count: Math.min(PAGE, expected.size) };
}

function studyInstanceUidOf(study: unknown): string {
  const dataSet = study as Readonly<Record<string, { readonly Value?: readonly unknown[] }>>;
  return String(dataSet[STUDY_INSTANCE_UID]?.Value?.[0]);
}
