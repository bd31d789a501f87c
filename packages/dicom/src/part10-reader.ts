/**
 * Reads a DICOM Part 10 file (PS3.10 §7) or a bare data set as its bytes arrive, in chunks of any size, within bounded
 * memory. Pixel data and other long values are passed by. It decodes no values and judges no attributes.
 */
import { ByteWindow } from './byte-window.ts';
import type { BulkElement, ByteOrder, DataSet, PixelDataElement } from './data-set.ts';
import { DataSetBuilder, type DataSetListeners, type PixelDataStart } from './data-set-builder.ts';
import { DataSetParser } from './data-set-parser.ts';
import { detectStart } from './detect-encoding.ts';
import { DicomError } from './errors.ts';
import { FileMetaReader } from './file-meta-reader.ts';
import { type Identification, identificationOf } from './identify.ts';
import { identityWarnings } from './identity-warnings.ts';
import { Inflater } from './inflater.ts';
import { defaultReaderLimits, type ReaderLimits } from './reader-limits.ts';
import type { TransferSyntax } from './transfer-syntax.ts';

/** What was read of a whole file; values are as in DataSet, the bytes themselves are not in it. */
export interface Part10File {
  /** Whether the 128 bytes and 'DICM' of PS3.10 §7.1 were there. */
  readonly preamble: boolean;
  /** File meta information (group 0002); undefined for a bare data set. */
  readonly meta: DataSet | undefined;
  /** From the file meta information; guessed for a bare data set. */
  readonly transferSyntax: TransferSyntax;
  /** Where the (perhaps deflated) data set begins in the received bytes. */
  readonly dataSetOffset: number;
  readonly dataSet: DataSet;
  /** Received bytes. */
  readonly length: number;
  /** The data set was deflated: its offsets count in the inflated stream. */
  readonly deflated: boolean;
  /** Of the data set; native pixel data has transferSyntax.pixelDataByteOrder. */
  readonly byteOrder: ByteOrder;
  readonly pixelData: PixelDataElement | undefined;
  /** Values not kept, other than the top-level pixel data, in stream order. */
  readonly bulk: readonly BulkElement[];
  /** What was tolerated, one English sentence a kind, without values. */
  readonly warnings: readonly string[];
}

/** What stands before the data set, known as soon as that begins; as in Part10File. */
export type Part10Start = Pick<Part10File, 'preamble' | 'meta' | 'transferSyntax' | 'dataSetOffset'>;

/** Limits and listeners; a listener's exception ends the reading and reaches the caller of push or end. */
export interface Part10ReaderOptions extends DataSetListeners {
  readonly limits?: Partial<ReaderLimits> | undefined;
}

const preambleBytes = 128;
const prefixBytes = 4;
const prefix = 0x4449434d;

/** An incremental reader: push chunks, then end. After an error every call throws it again. */
export class Part10Reader {
  private readonly window = new ByteWindow();
  private readonly limits: ReaderLimits;
  private readonly listeners: DataSetListeners;
  private readonly warnings = new Set<string>();
  private readonly emptyDataSet: DataSet = { elements: new Map() };
  private hasPreamble = false;
  private metaReader: FileMetaReader | undefined;
  private syntax: TransferSyntax | undefined;
  private dataSetOffset = 0;
  private builder: DataSetBuilder | undefined;
  private parser: DataSetParser | undefined;
  private inflater: Inflater | undefined;
  private identified: Identification | undefined;
  private received = 0;
  private failure: { readonly error: unknown } | undefined;

  constructor(options: Part10ReaderOptions = {}) {
    const { limits, onPixelDataStart, ...listeners } = options;
    this.limits = { ...defaultReaderLimits, ...limits };
    this.listeners = {
      ...listeners,
      onPixelDataStart: (start) => {
        this.checkPixelData(start);
        onPixelDataStart?.(start);
      },
    };
  }

  /** What stands before the data set; undefined until that begins. Visitors and listeners may rely on it. */
  get start(): Part10Start | undefined {
    if (this.builder === undefined || this.syntax === undefined) return undefined;
    const { hasPreamble: preamble, syntax: transferSyntax, dataSetOffset } = this;
    return { preamble, meta: this.metaReader?.meta, transferSyntax, dataSetOffset };
  }

  /** Elements read so far; all of them before the pixel data once onPixelDataStart was called. */
  get dataSet(): DataSet {
    return this.builder?.root ?? this.emptyDataSet;
  }

  /** Set once the data set begins. */
  get transferSyntax(): TransferSyntax | undefined {
    return this.syntax;
  }

  /** Set once the stream has passed (0020,000E) and the data set names itself; `identify` says what is wrong if not. */
  get identification(): Identification | undefined {
    if (this.identified !== undefined || this.builder === undefined || this.syntax === undefined) {
      return this.identified;
    }
    this.identified = identificationOf(this.builder.root, this.syntax);
    return this.identified;
  }

  /** Reads on. The chunk may be reused after the call. Throws DicomError. */
  push(chunk: Uint8Array): void {
    this.guard(() => {
      this.received += chunk.length;
      this.window.feed(chunk);
      this.advance(false);
      this.window.release();
    });
  }

  /** The stream is over. Throws DicomError 'truncated', 'not-dicom' and whatever push throws. */
  end(): Part10File {
    return this.guard(() => {
      this.advance(true);
      this.metaReader?.finish();
      const { syntax, builder } = this.beginDataSet();
      this.inflater?.finish();
      this.parser?.finish();
      return this.describe(syntax, builder);
    });
  }

  private guard<Result>(action: () => Result): Result {
    if (this.failure !== undefined) throw this.failure.error;
    try {
      return action();
    } catch (error) {
      this.failure = { error };
      throw error;
    }
  }

  private advance(atEnd: boolean): void {
    if (this.syntax === undefined && this.metaReader === undefined && !this.readStart(atEnd)) return;
    if (this.metaReader !== undefined && !this.metaReader.run()) return;
    this.beginDataSet();
    const { inflater, window } = this;
    if (inflater === undefined) this.parser?.run();
    else while (window.skip(window.available, (piece) => inflater.push(piece)) > 0);
  }

  /** Tells a Part 10 file from a bare data set; false if more bytes are needed. */
  private readStart(atEnd: boolean): boolean {
    const { window } = this;
    if (!window.ensure(preambleBytes + prefixBytes)) {
      if (!atEnd) return false;
    } else if (window.view.getUint32(window.position + preambleBytes) === prefix) {
      this.hasPreamble = true;
      window.position += preambleBytes + prefixBytes;
      this.metaReader = new FileMetaReader(window, this.limits, this.warnings);
      return true;
    }
    const start = detectStart(window.bytes.subarray(window.position, window.limit));
    if (start === undefined) {
      throw new DicomError(
        'not-dicom',
        "This is no DICOM file: byte 128 does not begin 'DICM' and byte 0 begins no data set we know",
      );
    }
    this.warnings.add('The file has no preamble and prefix (PS3.10 §7.1).');
    if (start === 'file-meta') this.metaReader = new FileMetaReader(window, this.limits, this.warnings);
    else this.syntax = start;
    return true;
  }

  /** Sets up what reads the data set, once its transfer syntax is known. */
  private beginDataSet(): { syntax: TransferSyntax; builder: DataSetBuilder } {
    const syntax = (this.syntax ??= this.metaReader?.transferSyntax());
    if (syntax === undefined) throw new DicomError('not-dicom', 'There are no bytes');
    if (this.builder !== undefined) return { syntax, builder: this.builder };
    const builder = new DataSetBuilder(this.listeners, syntax.byteOrder, this.warnings);
    this.builder = builder;
    this.dataSetOffset = this.window.offset;
    const window = syntax.deflated ? new ByteWindow() : this.window;
    const encoding = { explicitVr: syntax.explicitVr, littleEndian: syntax.byteOrder === 'little' };
    const parser = new DataSetParser({ window, builder, limits: this.limits, encoding });
    this.parser = parser;
    if (syntax.deflated) {
      this.inflater = new Inflater(this.limits.inflatedBytes, (piece) => {
        window.feed(piece);
        parser.run();
        window.release();
      });
    }
    return { syntax, builder };
  }

  private checkPixelData({ tag, offset, length }: PixelDataStart): void {
    const encapsulated = this.syntax?.encapsulated === true;
    if (length === undefined && !encapsulated) {
      throw new DicomError(
        'malformed',
        'Pixel data is encapsulated although the transfer syntax is native; its compression is unknown',
        { offset, tag },
      );
    }
    if (length !== undefined && encapsulated) {
      this.warnings.add('Pixel data is native although the transfer syntax is encapsulated.');
    }
  }

  private describe(transferSyntax: TransferSyntax, builder: DataSetBuilder): Part10File {
    return {
      preamble: this.hasPreamble,
      meta: this.metaReader?.meta,
      transferSyntax,
      dataSetOffset: this.dataSetOffset,
      dataSet: builder.root,
      length: this.received,
      deflated: transferSyntax.deflated,
      byteOrder: transferSyntax.byteOrder,
      pixelData: builder.pixelData,
      bulk: builder.bulk,
      warnings: [...this.warnings, ...identityWarnings(builder.root, this.metaReader?.meta)],
    };
  }
}

/** Reads bytes that are all there: for tests and small files. Throws as Part10Reader does. */
export function readPart10(bytes: Uint8Array, options?: Part10ReaderOptions): Part10File {
  const reader = new Part10Reader(options);
  reader.push(bytes);
  return reader.end();
}
