/**
 * The WebAssembly codecs of one thread: compiled once, instantiated when first used, thrown away after a fault (its
 * memory may be in any state) and when their memory has grown (it never shrinks by itself).
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { CodecError } from '../codec-errors.ts';
import { limitMemory } from './wasm-memory-limit.ts';

/** An instance of a codec: its memory and whatever its binding offers. */
export interface CodecInstance<Binding> {
  readonly binding: Binding;
  readonly memory: WebAssembly.Memory;
  /** What the library printed since the instance was made or the list was emptied. */
  readonly messages: string[];
}

/** One library: where its binary is, and how an instance is made of it. */
export interface CodecSource<Binding> {
  /** Module specifier of the WebAssembly binary. */
  readonly binary: string;
  readonly instantiate: (module: WebAssembly.Module) => Promise<CodecInstance<Binding>>;
}

/** Growth beyond what an instance started with that is worth a new one: an idle worker should hold little. */
const keptGrowthBytes = 64 * 1024 * 1024;

/** The loaded codec of one thread. */
export class CodecHost<Binding> {
  readonly #source: CodecSource<Binding>;
  readonly #maximumBytes: number;
  #module: WebAssembly.Module | undefined;
  #instance: CodecInstance<Binding> | undefined;
  #startBytes = 0;

  constructor(source: CodecSource<Binding>, maximumBytes: number) {
    this.#source = source;
    this.#maximumBytes = maximumBytes;
  }

  /**
   * Runs `use` on an instance that nobody else uses meanwhile. Whatever the codec throws (traps, numbers, strings of C++)
   * becomes a CodecError: 'out-of-memory' where `neededBytes` (an estimate) is beyond the limit, else
   * 'malformed-codestream'.
   */
  async run<Result>(neededBytes: number, use: (instance: CodecInstance<Binding>) => Result): Promise<Result> {
    const instance = await this.#open();
    try {
      instance.messages.length = 0;
      const result = use(instance);
      if (instance.memory.buffer.byteLength > this.#startBytes + keptGrowthBytes) this.#instance = undefined;
      return result;
    } catch (error) {
      this.#instance = undefined;
      if (error instanceof CodecError) throw error;
      if (neededBytes > this.#maximumBytes || isMemoryFault(error)) {
        throw new CodecError('out-of-memory', `the codec needs more than ${this.#maximumBytes} bytes`, {
          cause: error,
        });
      }
      throw new CodecError('malformed-codestream', 'the codec gave up on the code stream', { cause: error });
    }
  }

  async #open(): Promise<CodecInstance<Binding>> {
    if (this.#instance !== undefined) return this.#instance;
    this.#module ??= new WebAssembly.Module(
      limitMemory(
        readFileSync(createRequire(import.meta.url).resolve(this.#source.binary)),
        this.#maximumBytes,
      ),
    );
    this.#instance = await this.#source.instantiate(this.#module);
    this.#startBytes = this.#instance.memory.buffer.byteLength;
    return this.#instance;
  }
}

/** Memory that JavaScript or C++ did not get; neither says so other than in words. */
function isMemoryFault(error: unknown): boolean {
  return error instanceof Error && /bad_alloc|allocation failed/.test(error.message);
}
