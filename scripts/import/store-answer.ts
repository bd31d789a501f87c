/** The answer to a Store request (PS3.18 §10.5.3), and which file each of its verdicts is about. */
import { type DicomJson, Tags, tagToHex } from '@sandyq/dicom';
import { failureReasons, warningReasons } from '@sandyq/dicomweb';
import type { ImportFile } from './batches.ts';

/** What became of one file. */
export interface Verdict {
  readonly outcome: 'stored' | 'warning' | 'refused';
  /** Name of the warning or failure reason, as the conformance statement lists them; undefined for plain success. */
  readonly reason: string | undefined;
  /** The reason in words. */
  readonly meaning: string | undefined;
}

/** One verdict of an answer. */
export interface AnsweredVerdict extends Verdict {
  /** Undefined where the archive found no UIDs in the part. */
  readonly sopInstanceUid: string | undefined;
}

/** The verdicts of an answer in DICOM JSON. */
export function verdictsOf(answer: DicomJson): AnsweredVerdict[] {
  const items = (tag: number) => itemsOf(answer, tag);
  return [
    ...items(Tags.ReferencedSOPSequence).map(storedVerdict),
    ...items(Tags.FailedSOPSequence).map(refusedVerdict),
    ...items(Tags.OtherFailuresSequence).map(refusedVerdict),
  ];
}

/**
 * The verdict of each file, by its UID. What the archive could not identify goes to the files that are left, where
 * that is certain: one of each, or one reason for all. A file without a verdict is to be sent alone.
 */
export function attributeVerdicts(
  files: readonly ImportFile[],
  verdicts: readonly AnsweredVerdict[],
): Map<ImportFile, Verdict> {
  const found = new Map<ImportFile, Verdict>();
  const byUid = new Map(verdicts.map((verdict) => [verdict.sopInstanceUid, verdict]));
  const unnamed = verdicts.filter(
    ({ sopInstanceUid }) => !files.some((file) => isNamed(file, sopInstanceUid)),
  );
  for (const file of files) {
    const verdict = file.sopInstanceUid === undefined ? undefined : byUid.get(file.sopInstanceUid);
    if (verdict !== undefined) found.set(file, verdict);
  }
  const left = files.filter((file) => !found.has(file));
  const [first] = unnamed;
  const isCertain = unnamed.length === left.length && unnamed.every(({ reason }) => reason === first?.reason);
  if (first !== undefined && isCertain) for (const file of left) found.set(file, first);
  return found;
}

function isNamed(file: ImportFile, sopInstanceUid: string | undefined): boolean {
  return sopInstanceUid !== undefined && file.sopInstanceUid === sopInstanceUid;
}

function storedVerdict(item: DicomJson): AnsweredVerdict {
  const code = item[tagToHex(Tags.WarningReason)]?.Value?.[0];
  const named = code === undefined ? undefined : reasonOf(warningReasons, code, item);
  return {
    outcome: named === undefined ? 'stored' : 'warning',
    reason: named?.reason,
    meaning: named?.meaning,
    sopInstanceUid: textOf(item, Tags.ReferencedSOPInstanceUID),
  };
}

function refusedVerdict(item: DicomJson): AnsweredVerdict {
  const code = item[tagToHex(Tags.FailureReason)]?.Value?.[0];
  return {
    outcome: 'refused',
    ...reasonOf(failureReasons, code, item),
    sopInstanceUid: textOf(item, Tags.ReferencedSOPInstanceUID),
  };
}

type ReasonTable = Readonly<Record<string, { readonly code: number; readonly meaning: string }>>;

/** A code of another archive is shown as it came. */
function reasonOf(table: ReasonTable, code: unknown, item: DicomJson): { reason: string; meaning: string } {
  const known = Object.entries(table).find(([, reason]) => reason.code === code);
  if (known !== undefined) return { reason: known[0], meaning: known[1].meaning };
  const hex = typeof code === 'number' ? code.toString(16).toUpperCase().padStart(4, '0') : 'without a code';
  return {
    reason: hex,
    meaning: textOf(item, Tags.ErrorComment) ?? 'a reason that this program does not know',
  };
}

function itemsOf(json: DicomJson, tag: number): DicomJson[] {
  const value = json[tagToHex(tag)]?.Value ?? [];
  return value.filter((item): item is DicomJson => typeof item === 'object' && item !== null);
}

function textOf(json: DicomJson, tag: number): string | undefined {
  const value = json[tagToHex(tag)]?.Value?.[0];
  return typeof value === 'string' && value !== '' ? value : undefined;
}
