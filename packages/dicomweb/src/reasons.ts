/**
 * The one table of failure and warning reasons of the Store transaction (PS3.18 Tables I.2-1 and I.2-2; PS3.4
 * Table B.2-1; PS3.7 Annex C). Codes in the C0xx, A7xx, A9xx and B1xx ranges that the standard leaves open are ours
 * and are listed in the conformance statement.
 */
import type { DicomErrorCode } from '@sandyq/dicom';

/** Why an instance was not stored, or what must be known of one that was. */
export interface Reason {
  /** Value of Failure Reason (0008,1197) or Warning Reason (0008,1196). */
  readonly code: number;
  /** What it means, at most 64 characters, so that it fits an Error Comment (VR LO). */
  readonly meaning: string;
  /** What the sender can do. */
  readonly advice: string;
}

/** A failure and the status of an answer in which every instance failed so (PS3.18 Table 10.5.3-1). */
export interface FailureReason extends Reason {
  readonly status: 400 | 403 | 409 | 413 | 415 | 500 | 503;
}

function failure(
  code: number,
  status: FailureReason['status'],
  meaning: string,
  advice: string,
): FailureReason {
  return { code, status, meaning, advice };
}

function warning(code: number, meaning: string, advice: string): Reason {
  return { code, meaning, advice };
}

/** Why an instance was not stored. */
export const failureReasons = {
  'processing-failure': failure(
    0x0110,
    500,
    'Processing failure',
    'Send again later; tell the archive if it goes on.',
  ),
  'duplicate-sop-instance': failure(
    0x0111,
    409,
    'Another instance has this SOP Instance UID',
    'Give changed content a new SOP Instance UID. The newcomer is kept in quarantine.',
  ),
  'sop-class-not-supported': failure(
    0x0122,
    409,
    'SOP class not supported',
    'Send storage SOP classes only.',
  ),
  'not-authorized': failure(
    0x0124,
    403,
    'Not authorized',
    'Ask the archive for the right to store for this facility.',
  ),
  'out-of-resources': failure(0xa700, 503, 'Out of resources', 'Send again after the time in Retry-After.'),
  'storage-unavailable': failure(
    0xa701,
    503,
    'Object store or database not reachable',
    'Send again after the time in Retry-After.',
  ),
  'quarantine-full': failure(
    0xa702,
    503,
    'Quarantine of the device is full',
    'The administrator has to look through the quarantine of this device.',
  ),
  'too-large': failure(0xa703, 413, 'Larger than the archive accepts', 'Ask the archive for its limits.'),
  'data-set-mismatch': failure(
    0xa900,
    409,
    'Data set does not match SOP class',
    'Correct the attributes that the SOP class requires.',
  ),
  'study-mismatch': failure(
    0xa901,
    409,
    'Study Instance UID is not that of the request',
    'Send the instance to /studies or to the path of its own study.',
  ),
  'foreign-study': failure(
    0xa902,
    409,
    'Study belongs to another facility and patient',
    'Check the Study Instance UID and Patient ID. The instance is kept in quarantine.',
  ),
  'rejected-instance': failure(
    0xa903,
    409,
    'The instance was rejected',
    'Send no rejected instance again. The newcomer is kept in quarantine.',
  ),
  'disposed-instance': failure(
    0xa904,
    409,
    'The instance was disposed of',
    'Its time was over, and its SOP Instance UID stays taken. The newcomer is kept in quarantine.',
  ),
  'cannot-understand': failure(
    0xc000,
    409,
    'Cannot understand',
    'Send a Part 10 file that conforms to PS3.10.',
  ),
  'not-dicom': failure(0xc001, 400, 'Not a DICOM file', 'Send Part 10 files as application/dicom.'),
  malformed: failure(0xc002, 400, 'Data set is malformed', 'Check the file with the software that wrote it.'),
  truncated: failure(0xc003, 400, 'Data set or body is truncated', 'Send the instance again, whole.'),
  'missing-transfer-syntax': failure(
    0xc004,
    409,
    'Transfer Syntax UID is missing',
    'Write the file meta information (PS3.10 §7.1).',
  ),
  'missing-uid': failure(
    0xc005,
    409,
    'SOP Class, SOP Instance, Study or Series UID is missing',
    'Fill in the four UIDs.',
  ),
  'invalid-uid': failure(0xc006, 409, 'A UID cannot be stored', 'Use UIDs as PS3.5 §9.1 defines them.'),
  'media-directory': failure(
    0xc007,
    409,
    'A DICOMDIR is not an instance',
    'Send the instances it points to, not the directory.',
  ),
  'pixel-data-too-short': failure(
    0xc008,
    409,
    'Pixel data is shorter than its description',
    'Send the instance again; check Rows, Columns, Number of Frames.',
  ),
  'frames-unclear': failure(
    0xc009,
    409,
    'Frames of the pixel data cannot be told apart',
    'Write an offset table (PS3.5 §A.4).',
  ),
  'limit-exceeded': failure(
    0xc00a,
    409,
    'Data set exceeds a limit of the archive',
    'Nesting, elements, header or fragments pass what instances have; check the file.',
  ),
  'part-headers': failure(
    0xc00b,
    400,
    'Header fields of the part are unreadable',
    'Correct the multipart body.',
  ),
  'unsupported-media-type': failure(
    0xc00c,
    415,
    'Media type of the part is not supported',
    'Send parts of type application/dicom, or metadata and bulk data (PS3.18 §10.5.1.4).',
  ),
  'bulk-data-missing': failure(
    0xc00d,
    409,
    'Bulk data that the metadata refer to are missing',
    'Send each as a part of the same request, with the BulkDataURI as its Content-Location.',
  ),
  'bulk-data-mismatch': failure(
    0xc00e,
    409,
    'Bulk data do not fit the metadata',
    'Send one part a value, one part a frame of compressed pixel data; check media types and transfer syntaxes.',
  ),
  'bulk-data-unreferenced': failure(
    0xc00f,
    409,
    'No metadata refer to this part',
    'Give the part the BulkDataURI of the metadata as its Content-Location.',
  ),
  'transfer-syntax-not-supported': failure(
    0xc122,
    409,
    'Transfer syntax not supported',
    'Use a transfer syntax of PS3.6 Annex A.',
  ),
} as const satisfies Readonly<Record<string, FailureReason>>;

/** What must be known of an instance that was stored, or was there before. */
export const warningReasons = {
  coercion: warning(0xb000, 'Attributes were coerced', 'Nothing; what was received is kept.'),
  'elements-discarded': warning(0xb006, 'Elements were discarded', 'Nothing.'),
  'data-set-mismatch': warning(
    0xb007,
    'Data set does not match SOP class',
    'Correct the attributes at the source.',
  ),
  'equal-in-another-encoding': warning(
    0xb100,
    'Known in another encoding; the first one stays',
    'Nothing; the content is in the archive.',
  ),
  'proposed-correction': warning(
    0xb101,
    'Known with other patient or study data; kept as proposal',
    'The administrator decides which attributes are right.',
  ),
  'identity-conflict': warning(
    0xb102,
    'Stored, but held: study belongs to another patient',
    'The administrator has to resolve the conflict before it can be seen.',
  ),
  'rejected-beforehand': warning(
    0xb103,
    'Stored, but hidden: a rejection note has named it before',
    'Nothing; the administrator can restore what was rejected by mistake.',
  ),
} as const satisfies Readonly<Record<string, Reason>>;

/** Name of a failure reason. */
export type FailureReasonName = keyof typeof failureReasons;
/** Name of a warning reason. */
export type WarningReasonName = keyof typeof warningReasons;

const reasonsOfDicomErrors: Readonly<Record<DicomErrorCode, FailureReasonName>> = {
  'not-dicom': 'not-dicom',
  truncated: 'truncated',
  malformed: 'malformed',
  'limit-exceeded': 'limit-exceeded',
  'missing-transfer-syntax': 'missing-transfer-syntax',
  'unknown-transfer-syntax': 'transfer-syntax-not-supported',
  'missing-uid': 'missing-uid',
  'invalid-uid': 'invalid-uid',
  'media-directory': 'media-directory',
  'not-native': 'processing-failure',
};

/** The failure reason for a fault found when reading a data set. */
export function failureReasonOfDicomError(code: DicomErrorCode): FailureReasonName {
  return reasonsOfDicomErrors[code];
}
