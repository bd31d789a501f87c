/** What is in the archive that is checked: files of the corpus, each for a kind of content, and the studies made for searches. */
import { type CorpusFile, corpusFiles, readCorpusFile } from '../../support/corpus.ts';
import { searchedInstances } from '../../support/searched-studies.ts';

/** A kind of content, and the file of the corpus that has it. No two share a SOP Instance UID. */
const FILES = {
  /** CT, 128 × 128, 16 bits, native. */
  ct: 'ct/CT_small.dcm',
  /** Enhanced MR, 10 frames of 64 × 64, 16 bits, RLE. */
  multiFrame: 'enhanced/emri_small_RLE.dcm',
  /** Secondary capture, 100 × 100, RGB, native. */
  colour: 'sc/SC_rgb.dcm',
  /** Explicit VR Big Endian. */
  bigEndian: 'us/ExplVR_BigEnd.dcm',
  /** Implicit VR Little Endian, with bulk data in a sequence. */
  implicit: 'ecg/waveform_ecg_synthetic_12_lead.dcm',
  /** JPEG Lossless, 16 bits. */
  lossless: 'nm-pt/GH610.dcm',
  /** JPEG Baseline, 10 frames. */
  cine: 'us/cine/1.2.840.113543.6.6.1.1.2.2415947926921624359.201235357587280',
  /** MPEG-4. */
  video: 'derived/mpeg4-h264-us-cine.dcm',
  /** Structured report. */
  report: 'sr/test-SR.dcm',
  /** Encapsulated PDF. */
  document: 'pdf/pdf.dcm',
  /** Image that the presentation state is of. */
  presented: 'pr/real01.dcm',
  /** Grayscale softcopy presentation state, SCALE TO FIT. */
  presentation: 'pr/real01.pr.dcm',
} as const;

/** A kind of content. */
export type Kind = keyof typeof FILES;

/** An instance in the archive. */
export interface Instance {
  readonly studyUid: string;
  readonly seriesUid: string;
  readonly instanceUid: string;
  readonly sopClassUid: string;
  /** The stored file. */
  readonly bytes: Buffer;
  /** Paths of its resources, from the host: `/dicom-web/studies/…`. */
  readonly studyPath: string;
  readonly seriesPath: string;
  readonly path: string;
}

/** Every kind of content. */
export type Content = Readonly<Record<Kind, Instance>>;

/** Describes it from the manifest. */
export function describeContent(): Content {
  const byPath = new Map(corpusFiles().map((file) => [file.path, file]));
  const entries = Object.entries(FILES).map(([kind, path]) => {
    const file = byPath.get(path);
    if (file === undefined) throw new Error(`the corpus has no ${path}`);
    return [kind, instanceOf(file)];
  });
  return Object.fromEntries(entries) as Content;
}

/** All that is to be stored, in this order. */
export function instancesToStore(content: Content): Buffer[] {
  return [...Object.values(content).map(({ bytes }) => bytes), ...searchedInstances()];
}

function instanceOf(file: CorpusFile & { readonly SOPClassUID?: string | null }): Instance {
  const { StudyInstanceUID: studyUid, SeriesInstanceUID: seriesUid, SOPInstanceUID: instanceUid } = file;
  if (studyUid === null || seriesUid === null || instanceUid === null)
    throw new Error(`${file.path} has no UIDs`);
  const studyPath = `/dicom-web/studies/${studyUid}`;
  const seriesPath = `${studyPath}/series/${seriesUid}`;
  return {
    studyUid,
    seriesUid,
    instanceUid,
    sopClassUid: file.SOPClassUID ?? '',
    bytes: readCorpusFile(file.path),
    studyPath,
    seriesPath,
    path: `${seriesPath}/instances/${instanceUid}`,
  };
}
