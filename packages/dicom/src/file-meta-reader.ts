/** The file meta information (PS3.10 §7.1): group 0002 in explicit VR little endian, whatever the data set is in. */
import type { ByteWindow } from './byte-window.ts';
import type { DataSet } from './data-set.ts';
import { DataSetBuilder } from './data-set-builder.ts';
import { DataSetParser } from './data-set-parser.ts';
import { DicomError } from './errors.ts';
import type { ReaderLimits } from './reader-limits.ts';
import { groupOf, Tags } from './tag.ts';
import { type TransferSyntax, transferSyntaxOf } from './transfer-syntax.ts';
import { uidOf } from './values.ts';

const metaGroup = 0x0002;
const mediaStorageDirectory = '1.2.840.10008.1.3.10';

/** Reads group 0002 from a window and leaves the window at the data set. */
export class FileMetaReader {
  private readonly window: ByteWindow;
  private readonly builder: DataSetBuilder;
  private readonly parser: DataSetParser;
  private readonly warnings: Set<string>;

  constructor(window: ByteWindow, limits: ReaderLimits, warnings: Set<string>) {
    this.window = window;
    this.warnings = warnings;
    this.builder = new DataSetBuilder({}, 'little', warnings);
    this.parser = new DataSetParser({
      window,
      limits,
      builder: this.builder,
      encoding: { explicitVr: true, littleEndian: true },
      stopsBefore: (tag, offset) => groupOf(tag) !== metaGroup || this.isDeflatedFrom(offset),
    });
  }

  get meta(): DataSet {
    return this.builder.root;
  }

  /** Reads on; true when the data set begins. */
  run(): boolean {
    if (!this.parser.done) this.parser.run();
    return this.parser.done;
  }

  /** The stream is over; a file may end with its file meta information. */
  finish(): void {
    if (!this.parser.done) this.parser.finish();
  }

  /** DicomError 'missing-transfer-syntax', 'unknown-transfer-syntax', 'media-directory'. */
  transferSyntax(): TransferSyntax {
    const { meta } = this;
    if (uidOf(meta, Tags.MediaStorageSOPClassUID) === mediaStorageDirectory) {
      throw new DicomError('media-directory', 'This is a DICOMDIR; send the instances it lists instead');
    }
    const uid = uidOf(meta, Tags.TransferSyntaxUID);
    const tag = Tags.TransferSyntaxUID;
    if (uid === undefined) {
      throw new DicomError('missing-transfer-syntax', 'The file meta information names no transfer syntax', {
        tag,
      });
    }
    const syntax = transferSyntaxOf(uid);
    if (syntax === undefined) {
      throw new DicomError('unknown-transfer-syntax', 'The transfer syntax is none of PS3.6 Annex A', {
        tag,
      });
    }
    const declaredEnd = this.declaredEnd();
    if (declaredEnd === undefined || declaredEnd !== this.window.offset) {
      this.warnings.add('The group length of the file meta information is missing or wrong.');
    }
    return syntax;
  }

  /** The bytes of a deflated data set may look like group 0002: there the group length decides. */
  private isDeflatedFrom(offset: number): boolean {
    if (offset !== this.declaredEnd()) return false;
    return transferSyntaxOf(uidOf(this.meta, Tags.TransferSyntaxUID) ?? '')?.deflated === true;
  }

  /** Where (0002,0000) says the group ends. */
  private declaredEnd(): number | undefined {
    const element = this.meta.elements.get(Tags.FileMetaInformationGroupLength);
    const value = element?.value;
    if (element === undefined || value?.length !== 4) return undefined;
    return element.offset + 4 + Buffer.from(value).readUInt32LE(0);
  }
}
