/**
 * The corpus of foreign DICOM files that tests read: a folder with manifest.json, `../shared/dicom` beside the
 * repository or SANDYQ_CORPUS. Without it tests skip visibly; with CI=true they fail.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What the manifest says about one file; only what tests here use. */
export interface CorpusFile {
  /** Relative to the corpus folder. */
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly part10: boolean;
  readonly verdict: 'accept' | 'refuse' | 'either';
  /** Which way an 'either' leans. */
  readonly lean?: 'accept' | 'refuse';
  /** Why it is not plainly acceptable. */
  readonly why?: string;
  readonly TransferSyntaxUID: string | null;
  readonly StudyInstanceUID: string | null;
  readonly SeriesInstanceUID: string | null;
  readonly SOPInstanceUID: string | null;
  /** Decoded to UTF-8. */
  readonly PatientName: string | null;
  readonly Rows: number | null;
  readonly Columns: number | null;
  readonly SamplesPerPixel: number | null;
  readonly BitsAllocated: number | null;
  readonly PhotometricInterpretation: string | null;
  readonly NumberOfFrames: number | string | null;
  readonly PixelDataPresent: boolean;
  /** SHA-256 of the native pixels of frame 1, see the manifest's own description. */
  readonly frame0_sha256?: string;
  readonly frame0_bytes?: number;
  /** Other files of the corpus with the same SOP Instance UID and other bytes. */
  readonly same_sop_instance_uid_as?: readonly string[];
}

const folder = process.env['SANDYQ_CORPUS'] ?? join(import.meta.dirname, '..', '..', '..', 'shared', 'dicom');

/** Whether the corpus is missing and its tests may skip: never in CI. */
export const skipWithoutCorpus = !existsSync(join(folder, 'manifest.json')) && process.env['CI'] !== 'true';

/** For the name of what is skipped: why; empty where the corpus is there. */
export const corpusNote = skipWithoutCorpus ? ' (without corpus: SANDYQ_CORPUS names its folder)' : '';

/** The manifest; empty where the corpus is missing and tests skip. Throws in CI. */
export function corpusFiles(): readonly CorpusFile[] {
  if (skipWithoutCorpus) return [];
  const manifest: unknown = JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8'));
  if (!isManifest(manifest)) throw new Error('manifest.json of the corpus is not a list of files');
  return manifest;
}

/** Whether an archive should take the file: judged so, or arguable and leaning that way. */
export function isAcceptable({ verdict, lean }: CorpusFile): boolean {
  return verdict === 'accept' || (verdict === 'either' && lean === 'accept');
}

/** The bytes of one file of the corpus. */
export function readCorpusFile(path: string): Buffer {
  return readFileSync(join(folder, path));
}

/** One look is enough: the manifest is made by a program. */
function isManifest(value: unknown): value is readonly CorpusFile[] {
  return (
    Array.isArray(value) &&
    value.every((file: unknown) => typeof file === 'object' && file !== null && 'path' in file)
  );
}
