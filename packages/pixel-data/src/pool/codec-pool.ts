/** Decodes and encodes frames in threads: what serving processes use. */
import { availableParallelism } from 'node:os';
import type { TransferSyntax } from '@sandyq/dicom';
import { CodecError } from '../codec-errors.ts';
import { type DecodedFrame, frameBytesOf } from '../decoded-frame.ts';
import type { PixelDescription } from '../describe-pixels.ts';
import type { Picture } from '../picture/grey-picture.ts';
import { makePicture, type PictureRecipe } from '../picture/make-picture.ts';
import { type CodecLimits, defaultCodecLimits } from '../transcode/codec-set.ts';
import type { FrameSyntax } from '../transcode/decode-frame.ts';
import type { EncodedFrame } from '../transcode/encode-frame.ts';
import type { CodecAnswer, CodecRequest } from './codec-messages.ts';
import { WorkerPool } from './worker-pool.ts';

/** Bounds of a codec pool; what is left out has a default. */
export interface CodecPoolOptions extends Partial<CodecLimits> {
  /** One a core by default. */
  readonly mostWorkers?: number;
  /** 16 a worker by default. */
  readonly mostWaiting?: number;
  readonly timeoutMs?: number;
  /** Told after every change of the load: for metrics. */
  readonly onLoad?: (load: CodecPool['load']) => void;
}

/** What a caller may say about one frame. */
export interface CodecTaskOptions {
  readonly signal?: AbortSignal | undefined;
  /**
   * The caller gives the buffer away: where it holds nothing but the frame it is moved to the thread instead of copied
   * and is empty afterwards.
   */
  readonly isOwned?: boolean;
}

const defaultTimeoutMs = 60_000;
const waitingPerWorker = 16;
/** A picture of a frame up to this size takes a millisecond or two: less than it costs to have a thread make it. */
const mostBytesHere = 1024 * 1024;
/** Heap of a thread; samples and code streams lie outside it. */
const heapMib = 256;

/** A bounded pool of codec threads. */
export class CodecPool {
  readonly #limits: CodecLimits;
  readonly #workers: WorkerPool;

  constructor(options: CodecPoolOptions = {}) {
    const mostWorkers = options.mostWorkers ?? availableParallelism();
    this.#limits = {
      mostFrameBytes: options.mostFrameBytes ?? defaultCodecLimits.mostFrameBytes,
      mostCodecBytes: options.mostCodecBytes ?? defaultCodecLimits.mostCodecBytes,
    };
    this.#workers = new WorkerPool({
      entry: new URL('codec-worker.ts', import.meta.url),
      workerData: this.#limits,
      mostWorkers,
      mostWaiting: options.mostWaiting ?? waitingPerWorker * mostWorkers,
      timeoutMs: options.timeoutMs ?? defaultTimeoutMs,
      resourceLimits: { maxOldGenerationSizeMb: heapMib },
      onLoad: options.onLoad,
    });
  }

  /** For metrics: threads, tasks they are at, tasks that wait. */
  get load(): WorkerPool['load'] {
    return this.#workers.load;
  }

  /** decodeFrame in a thread. @throws CodecError with any of its codes; the signal's reason */
  async decodeFrame(
    encoded: Uint8Array,
    description: PixelDescription,
    syntax: FrameSyntax,
    options: CodecTaskOptions = {},
  ): Promise<DecodedFrame> {
    this.#requireSize(frameBytesOf(description));
    const bytes = ownBytes(encoded, options);
    const { compression } = syntax;
    const answer = await this.#ask(
      { kind: 'decode', encoded: bytes, description, compression },
      bytes,
      options,
    );
    if (answer.kind !== 'decoded') throw faultOf(answer);
    return answer.frame;
  }

  /** encodeFrame in a thread. @throws CodecError with any of its codes; the signal's reason */
  async encodeFrame(
    frame: DecodedFrame,
    { uid }: Pick<TransferSyntax, 'uid'>,
    options: CodecTaskOptions = {},
  ): Promise<EncodedFrame> {
    this.#requireSize(frame.samples.length);
    const samples = ownBytes(frame.samples, options);
    const request = { kind: 'encode', frame: { ...frame, samples }, transferSyntaxUid: uid } as const;
    const answer = await this.#ask(request, samples, options);
    if (answer.kind !== 'encoded') throw faultOf(answer);
    return answer.frame;
  }

  /** makePicture, of large frames in a thread. @throws CodecError with any of its codes; the signal's reason */
  async makePicture(
    frame: DecodedFrame,
    recipe: PictureRecipe,
    options: CodecTaskOptions = {},
  ): Promise<Picture> {
    if (frame.samples.length <= mostBytesHere) return makePicture(frame, recipe);
    this.#requireSize(frame.samples.length);
    const samples = ownBytes(frame.samples, options);
    const request = { kind: 'picture', frame: { ...frame, samples }, recipe } as const;
    const answer = await this.#ask(request, samples, options);
    if (answer.kind !== 'pictured') throw faultOf(answer);
    return answer.picture;
  }

  /** Ends all threads; frames that are not done fail with 'pool-closed'. */
  async close(): Promise<void> {
    await this.#workers.close();
  }

  async #ask(
    request: CodecRequest,
    bytes: Uint8Array<ArrayBuffer>,
    { signal }: CodecTaskOptions,
  ): Promise<CodecAnswer> {
    return (await this.#workers.run(request, { signal, transfer: [bytes.buffer] })) as CodecAnswer;
  }

  /** Asked here too: what is refused needs no copy and no thread. */
  #requireSize(bytes: number): void {
    const { mostFrameBytes } = this.#limits;
    if (bytes > mostFrameBytes)
      throw new CodecError('too-large', `a frame of ${bytes} bytes, the limit is ${mostFrameBytes}`);
  }
}

/** A view on a larger buffer would take all of it along, so it is copied once; the copy is moved. */
function ownBytes(bytes: Uint8Array, { isOwned = false }: CodecTaskOptions): Uint8Array<ArrayBuffer> {
  const { buffer } = bytes;
  const isWhole = buffer instanceof ArrayBuffer && bytes.length === buffer.byteLength;
  return isOwned && isWhole ? new Uint8Array(buffer) : Uint8Array.from(bytes);
}

function faultOf(answer: CodecAnswer): CodecError {
  if (answer.kind === 'refused') return new CodecError(answer.code, answer.message);
  return new CodecError('worker-crashed', 'the codec thread answered something else');
}
