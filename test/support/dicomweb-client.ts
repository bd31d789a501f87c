/** The npm package dicomweb-client, unmodified, with the types that its documentation and code have; its own type file differs. */
import { api } from 'dicomweb-client';

/** UIDs as the client names them. */
export interface ClientUids {
  readonly studyInstanceUID: string;
  readonly seriesInstanceUID: string;
  readonly sopInstanceUID: string;
}

type SeriesUids = Omit<ClientUids, 'sopInstanceUID'>;
type StudyUids = Pick<ClientUids, 'studyInstanceUID'>;
interface Query {
  readonly queryParams?: Readonly<Record<string, string | number>>;
}

/** What tests use of the client. Rejections carry the `status` of the answer. */
export interface DicomwebClient {
  storeInstances(options: { datasets: ArrayBuffer[]; studyInstanceUID?: string }): Promise<unknown>;
  searchForStudies(options: Query): Promise<unknown[]>;
  searchForSeries(options: Query & Partial<StudyUids>): Promise<unknown[]>;
  searchForInstances(options: Query & Partial<SeriesUids>): Promise<unknown[]>;
  retrieveStudyMetadata(options: StudyUids): Promise<unknown[]>;
  retrieveSeriesMetadata(options: SeriesUids): Promise<unknown[]>;
  /** The only instance, not a list. */
  retrieveInstanceMetadata(options: ClientUids): Promise<unknown>;
  retrieveStudy(options: StudyUids): Promise<ArrayBuffer[]>;
  retrieveSeries(options: SeriesUids): Promise<ArrayBuffer[]>;
  retrieveInstance(options: ClientUids): Promise<ArrayBuffer>;
  retrieveInstanceFrames(
    options: ClientUids & {
      readonly frameNumbers: readonly number[];
      readonly mediaTypes?: readonly { readonly mediaType: string; readonly transferSyntaxUID: string }[];
    },
  ): Promise<ArrayBuffer[]>;
  retrieveBulkData(options: { readonly BulkDataURI: string }): Promise<ArrayBuffer[]>;
}

/** A client of the DICOMweb service at this root; needs an XMLHttpRequest in the global scope. */
export function createDicomwebClient(url: string): DicomwebClient {
  return new api.DICOMwebClient({ url, verbose: false, singlepart: false }) as unknown as DicomwebClient;
}
