/** People and their studies, made up: names in Cyrillic, Latin and Hangul as they occur in one country. */
import type { SeededRandom } from '../../support/seeded-random.ts';

/** A patient and one study of theirs. */
export interface Patient {
  readonly id: string;
  readonly name: string;
  readonly birthDate: string;
  readonly sex: 'M' | 'F';
  readonly accessionNumber: string;
  readonly studyDate: string;
  readonly studyTime: string;
}

const FAMILY_NAMES =
  'Ахметов Нұрланов Сейітов Қасымов Ибрагимов Омаров Жұмабаев Байжанов Иванов Ким Kim Kimkhanov Müller Schmidt Iskakov Abenov Tulegenov Petrov 김 박'.split(
    ' ',
  );
const GIVEN_NAMES = [
  'Айгүл',
  'Бауыржан',
  'Ержан',
  'Сәуле',
  'Алексей',
  'Marat',
  'Dana',
  'Aigerim',
  '민준',
  '서연',
];

/** Somebody who is found in worklists: studies of 2024 and 2025. The same for the same state of `random`. */
export function makePatient(random: SeededRandom): Patient {
  return patientOf(random, random.pick(FAMILY_NAMES), dateIn(random, 2024, 2026));
}

/** Somebody with a study of 2026 and a name of their own, whom no search of the load finds. */
export function makeUnsearchedPatient(random: SeededRandom): Patient {
  return patientOf(random, 'Сұлтанбеков', dateIn(random, 2026, 2027));
}

function patientOf(random: SeededRandom, familyName: string, studyDate: string): Patient {
  const number = random.integer(10 ** 8, 10 ** 9);
  return {
    id: `B${number}`,
    // Many share a family name, nobody the whole: hospitals number those who could be mistaken.
    name: `${familyName}^${random.pick(GIVEN_NAMES)}^${number % 10_000}`,
    birthDate: dateIn(random, 1936, 2020),
    sex: random.next() < 0.5 ? 'M' : 'F',
    accessionNumber: `A${random.integer(10 ** 8, 10 ** 9)}`,
    studyDate,
    studyTime: `${two(random.integer(7, 19))}${two(random.integer(0, 60))}${two(random.integer(0, 60))}`,
  };
}

/** A date of the years [from, to), YYYYMMDD. */
function dateIn(random: SeededRandom, from: number, to: number): string {
  return `${random.integer(from, to)}${two(random.integer(1, 13))}${two(random.integer(1, 29))}`;
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}
