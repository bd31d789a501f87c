/**
 * One part of a request, in one pass: parsed, hashed and spooled as it arrives. What comes out is an entry of a
 * segment that is not sealed yet, a repeat of what the archive holds, or a fault with everything that was received.
 */
import type { Device } from '@sandyq/database';
import {
  type DataSet,
  DicomError,
  type Identification,
  identify,
  type Part10File,
  Part10Reader,
  type PixelDataLayout,
  type PixelDataStart,
  stringifyDicomJson,
  stringOf,
  Tags,
  toDicomJson,
} from '@sandyq/dicom';
import { bitsPerFrame, describePixels, layoutPixelData } from '@sandyq/pixel-data';
import type { EntryWriter, SegmentWriter } from '@sandyq/storage';
import { assumedCharacterSetOf, deviceOf, type Equipment, type Sender } from '../sender.ts';
import type { StoredInstance } from '../stored-segment.ts';
import { type Fault, faultOf } from './fault.ts';

/** Bytes held in memory until the data set has named its series (0020,000E). */
const MAX_HELD_BYTES = 8 * 1024 * 1024;

/** An instance whose entry is committed to a segment that is not sealed yet. */
export interface ReceivedInstance extends StoredInstance {
  readonly identification: Identification;
  readonly segmentId: string;
}

/** A part that cannot be accepted; everything received of it was handed to `keepRefused`. */
export interface RefusedPart {
  readonly kind: 'refused';
  readonly fault: Fault;
  /** undefined where the data set did not get that far. */
  readonly identification: Identification | undefined;
  readonly device: Device | undefined;
}

/** A part of which the archive holds the very bytes, or has judged them before: its entry was taken back. */
export interface RepeatedPart<Verdict> {
  readonly kind: 'repeated';
  readonly identification: Identification;
  readonly verdict: Verdict;
}

export type Reception<Verdict> =
  | { readonly kind: 'received'; readonly instance: ReceivedInstance }
  | RefusedPart
  | RepeatedPart<Verdict>;

export interface ReceptionPorts<Verdict> {
  readonly sender: Sender;
  /** The segment for the next entry of a series. */
  acquire(identification: Identification): Promise<SegmentWriter>;
  /** Takes everything that was and will be received of a refused part. */
  keepRefused(bytes: AsyncIterable<Uint8Array>, refused: RefusedPart): Promise<void>;
  /** The verdict on bytes with this digest that are known already; called once the part is whole. */
  verdictOnRepeat(identification: Identification, sha256: string): Promise<Verdict | undefined>;
}

/** Receives one part. Throws only what is no fault of the sender's data: a broken connection, a full disk. */
export function receiveInstance<Verdict>(
  body: AsyncIterable<Uint8Array>,
  ports: ReceptionPorts<Verdict>,
): Promise<Reception<Verdict>> {
  return new InstanceReception(ports).run(body[Symbol.asyncIterator]());
}

class InstanceReception<Verdict> {
  readonly #ports: ReceptionPorts<Verdict>;
  readonly #reader: Part10Reader;
  /** What arrived before the series was known. */
  #held: Uint8Array[] = [];
  #heldBytes = 0;
  /** Ends of CRC blocks that the reader has found and the entry was not told yet. */
  #cuts: ((entry: EntryWriter) => void)[] = [];
  #entry: EntryWriter | undefined;
  /** The chunk that is being read, until it is held or written. */
  #unread: Uint8Array | undefined;

  constructor(ports: ReceptionPorts<Verdict>) {
    this.#ports = ports;
    this.#reader = new Part10Reader({
      onPixelDataStart: (start) => this.#cutAtFrames(start),
      onFragment: ({ offset, length }) => {
        // The offset table or the fragment before ends where this fragment's item header begins.
        this.#cuts.push((entry) => {
          entry.cutAt(offset - 8);
          entry.cutAt(offset + length);
        });
      },
    });
  }

  async run(body: AsyncIterator<Uint8Array>): Promise<Reception<Verdict>> {
    try {
      for (let next = await body.next(); next.done !== true; next = await body.next()) {
        this.#unread = next.value;
        this.#reader.push(next.value);
        await this.#keep(next.value);
      }
      return await this.#finish(this.#reader.end());
    } catch (error) {
      const fault = faultOf(error);
      if (fault !== undefined) return this.#refuse(fault, body);
      await this.#takeBack();
      throw error;
    }
  }

  /** An entry that can't even be taken back keeps its segment from being sealed: no false success comes of it. */
  async #takeBack(): Promise<void> {
    if (this.#entry !== undefined) await Promise.allSettled([this.#entry.rollback()]);
  }

  async #keep(chunk: Uint8Array): Promise<void> {
    if (this.#entry !== undefined) {
      this.#tellCuts(this.#entry);
      await this.#entry.write(chunk);
      this.#unread = undefined;
      return;
    }
    this.#held.push(chunk);
    this.#heldBytes += chunk.length;
    this.#unread = undefined;
    const { identification } = this.#reader;
    if (identification !== undefined) await this.#beginEntry(identification);
    else if (this.#heldBytes > MAX_HELD_BYTES) {
      throw new DicomError(
        'missing-uid',
        `the first ${MAX_HELD_BYTES} bytes do not name SOP instance, study and series`,
      );
    }
  }

  async #beginEntry(identification: Identification): Promise<EntryWriter> {
    const segment = await this.#ports.acquire(identification);
    const entry = await segment.beginEntry({ sopInstanceUid: identification.sopInstanceUid, role: 'part10' });
    this.#entry = entry;
    this.#tellCuts(entry);
    for (const chunk of this.#held) await entry.write(chunk);
    this.#held = [];
    return entry;
  }

  #cutAtFrames(start: PixelDataStart): void {
    const syntax = this.#reader.identification?.transferSyntax;
    // Offsets in a deflated data set are not offsets in what was received.
    if (syntax === undefined || syntax.deflated) return;
    const description = describePixels(start.dataSet, syntax.byteOrder);
    this.#cuts.push((entry) => {
      entry.cutAt(start.offset);
      if (start.length === undefined || description === undefined) return;
      entry.framesFrom(start.offset, bitsPerFrame(description), description.numberOfFrames);
    });
  }

  #tellCuts(entry: EntryWriter): void {
    for (const tell of this.#cuts.splice(0)) tell(entry);
  }

  async #finish(file: Part10File): Promise<Reception<Verdict>> {
    const identification = identify(file);
    const pixelData = layoutOf(file);
    const entry = this.#entry ?? (await this.#beginEntry(identification));
    const verdict = await this.#ports.verdictOnRepeat(identification, entry.digest());
    if (verdict !== undefined) {
      await entry.rollback();
      return { kind: 'repeated', identification, verdict };
    }
    const { sender } = this.#ports;
    const device = deviceOf(sender, equipmentIn(file.dataSet));
    const assumedCharacterSet = assumedCharacterSetOf(sender.facility, device);
    const { json, characterSet } = toDicomJson(file, {
      assumedCharacterSet,
      bulkDataUri: (path) => `bulkdata/${path}`,
    });
    const metadata = Buffer.from(stringifyDicomJson(json));
    const { sopInstanceUid, sopClassUid, transferSyntax } = identification;
    const committed = await entry.commit({
      sopInstanceUid,
      sopClassUid,
      transferSyntaxUid: transferSyntax.uid,
      pixelData,
      bulk: file.deflated ? [] : file.bulk,
      characterSet,
      metadata,
    });
    const { segmentId } = entry;
    return { kind: 'received', instance: { identification, segmentId, entry: committed, json, metadata } };
  }

  async #refuse(fault: Fault, body: AsyncIterator<Uint8Array>): Promise<RefusedPart> {
    const { identification, dataSet } = this.#reader;
    const refused: RefusedPart = {
      kind: 'refused',
      fault,
      identification,
      device: deviceOf(this.#ports.sender, equipmentIn(dataSet)),
    };
    try {
      await this.#ports.keepRefused(this.#everything(body), refused);
    } finally {
      await this.#takeBack();
    }
    return refused;
  }

  /** What was received before the fault, then the rest of the part. */
  async *#everything(body: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
    if (this.#entry === undefined) yield* this.#held;
    else yield* this.#entry.extract();
    if (this.#unread !== undefined) yield this.#unread;
    for (let next = await body.next(); next.done !== true; next = await body.next()) yield next.value;
  }
}

/** The equipment as far as the data set is read: General Equipment (PS3.3 C.7.5.1) comes early. */
function equipmentIn(dataSet: DataSet): Equipment {
  return {
    manufacturer: stringOf(dataSet, Tags.Manufacturer),
    model: stringOf(dataSet, Tags.ManufacturerModelName),
    serialNumber: stringOf(dataSet, Tags.DeviceSerialNumber),
  };
}

function layoutOf(file: Part10File): PixelDataLayout | undefined {
  if (file.pixelData === undefined) return undefined;
  const description = describePixels(file.dataSet, file.byteOrder);
  return layoutPixelData(file.pixelData, description, file.transferSyntax).layout;
}
