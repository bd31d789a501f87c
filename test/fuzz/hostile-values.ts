/** Values that programs stumble over, for paths, queries and bodies. */
import type { SeededRandom } from '../support/seeded-random.ts';

const NUMBERS = [
  '',
  '0',
  '-0',
  '-1',
  '1.5',
  '1e3',
  '1e309',
  '-1e309',
  'NaN',
  'Infinity',
  '2147483647',
  '2147483648',
  '4294967295',
];
const LONG_NUMBERS = [
  '4294967296',
  '9007199254740993',
  '18446744073709551616',
  '9'.repeat(400),
  '0x10',
  '١٢٣',
  '１２',
];
const TEXTS = [
  'null',
  'undefined',
  'true',
  '[]',
  '{}',
  '"',
  "'",
  '\\',
  '*',
  '?',
  '%',
  '_',
  '=',
  '&',
  ';',
  ',',
  ',,,',
  '|',
  '`',
  '\t',
  '^',
  '^^^^',
  '=',
];
const WORDS = [
  'ҚАЗАҚ',
  '김^민수',
  '\u202eabc',
  '\ufeff',
  '\u0000',
  'e\u0301',
  '👩‍⚕️',
  '\ud800',
  'İı',
  'ß',
  '\u200b',
  'A'.repeat(300),
  'x'.repeat(5_000),
];
const PATHS = [
  '..',
  '../..',
  '..%2f..%2fetc%2fpasswd',
  '.',
  '%2e%2e',
  '%00',
  '%',
  '%z1',
  '%c0%af',
  '%ed%a0%80',
  '//',
  'a/b',
  '%5c',
  '~',
];
const UIDS = [
  '1',
  '1.2',
  '1..2',
  '.1',
  '1.',
  '01.2',
  '1.2.840.10008.1.2',
  '9'.repeat(64),
  '9'.repeat(65),
  '1.2.3.4.5.6.7.8.9',
  '2.25.0',
  '1.2\\1.3',
  '1.2,1.3',
];
const DATES = [
  '20240101',
  '2024',
  '20241340',
  '20240101-',
  '-20240101',
  '20240101-20230101',
  '--',
  '00000000',
  '99999999',
  '2024-01-01',
  '20240101-20240102-20240103',
];
const QUERIES = [
  "' OR 1=1 --",
  '1; DROP TABLE study',
  '$1',
  '%27',
  '\\x00',
  '${jndi:x}',
  '<script>',
  '&lt;',
  ']]>',
  '<!DOCTYPE a [<!ENTITY b "c">]>',
];
/** Names of parameters of any route. */
const PARAMETERS = [
  'limit',
  'offset',
  'fuzzymatching',
  'includefield',
  'emptyvaluematching',
  'accept',
  'charset',
  'viewport',
  'window',
  'quality',
  'iccprofile',
  'annotation',
  'requestType',
  'studyUID',
  'seriesUID',
  'objectUID',
  'contentType',
  'frameNumber',
  'rows',
  'columns',
  'region',
  'windowCenter',
  'windowWidth',
  'imageQuality',
  'imageAnnotation',
  'transferSyntax',
  'anonymize',
  'presentationUID',
  'presentationSeriesUID',
  'PatientName',
  'PatientID',
  'StudyDate',
  'StudyTime',
  'StudyInstanceUID',
  'ModalitiesInStudy',
  '00100010',
  'RequestAttributesSequence.ScheduledProcedureStepID',
  '00400275.00400009',
  'TimezoneOffsetFromUTC',
  'SeriesNumber',
  'InstanceNumber',
  'SOPClassUID',
  'AccessionNumber',
  'PatientBirthDate',
  'after',
  'cursor',
  'state',
  'facility',
  'transfer-syntax',
  '__proto__',
  'constructor',
];
const PARAMETER_VALUES = [
  'true',
  'false',
  'all',
  '64,64',
  '64,64,0,0,10,10',
  '99999,99999',
  '1,1,,,-5,5',
  '40,400,linear',
  '40,1,sigmoid',
  '0,0,linear-exact',
  '40,1e-300,linear',
  '1e308,1e308,sigmoid',
  'patient,technique',
  'yes',
  'srgb',
  'rommrgb',
  '0,0,1,1',
  '0.1,0.1,0.1000001,0.1000001',
  'WADO',
  'image/jpeg',
  'application/dicom',
  '1',
  '100',
  '50',
  'Smith*',
  '?',
  '*',
  'a^b^c^d^e^f=g=h=i',
  'PatientName,StudyDate',
  '00081199.00081155',
];

const ANY = [NUMBERS, LONG_NUMBERS, TEXTS, WORDS, PATHS, UIDS, DATES, QUERIES, PARAMETER_VALUES] as const;

/** A text of some hostile kind; any characters. */
export function hostileText(random: SeededRandom): string {
  return random.pick(random.pick(ANY));
}

/** For a path or a query: mostly percent-encoded, now and then not. */
export function hostileUrlText(random: SeededRandom): string {
  const text = hostileText(random);
  return random.next() < 0.15 ? latin1(text) : encoded(text);
}

/** A parameter that some route knows, with a value that may be its. */
export function anyParameter(random: SeededRandom): readonly [string, string] {
  const value = random.next() < 0.5 ? encoded(random.pick(PARAMETER_VALUES)) : hostileUrlText(random);
  return [random.pick(PARAMETERS), value];
}

/** Percent-encoded UTF-8; what is no text stays out. */
function encoded(text: string): string {
  return /[\ud800-\udfff]/.test(text) && !text.isWellFormed() ? '%ed%a0%80' : encodeURIComponent(text);
}

/** One byte a character, without line ends. */
export function latin1(text: string): string {
  return Buffer.from(text, 'utf8')
    .toString('latin1')
    .replaceAll(/[\r\n]/g, '');
}
