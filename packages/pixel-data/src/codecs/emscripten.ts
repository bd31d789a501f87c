/** Loads a codec built by Emscripten (the @cornerstonejs packages) on a module that we compiled. */
import { createRequire } from 'node:module';
import type { CodecInstance } from './codec-host.ts';

/** What such a package exports: CommonJS without types. */
type EmscriptenFactory = (options: {
  instantiateWasm: (
    imports: WebAssembly.Imports,
    receive: (instance: WebAssembly.Instance) => void,
  ) => WebAssembly.Exports;
  print: (line: string) => void;
  printErr: (line: string) => void;
}) => Promise<object>;

/** Instantiates; the memory is one of the exports, under a name that differs from build to build. */
export async function instantiateEmscripten<Binding extends object>(
  specifier: string,
  module: WebAssembly.Module,
): Promise<CodecInstance<Binding>> {
  const factory = createRequire(import.meta.url)(specifier) as EmscriptenFactory;
  const messages: string[] = [];
  let memory: WebAssembly.Memory | undefined;
  const binding = await factory({
    instantiateWasm: (imports, receive) => {
      const instance = new WebAssembly.Instance(module, imports);
      memory = Object.values(instance.exports).find((value) => value instanceof WebAssembly.Memory);
      receive(instance);
      return instance.exports;
    },
    print: (line) => messages.push(line),
    printErr: (line) => messages.push(line),
  });
  if (memory === undefined) throw new Error('the codec exports no memory');
  return { binding: binding as Binding, memory, messages };
}

/** The class of a decoder in all three packages. */
export interface EmscriptenDecoder {
  /** Memory of the codec to write the code stream into. */
  getEncodedBuffer(bytes: number): Uint8Array;
  decode(): void;
  /** Memory of the codec, valid until its next call; the view may be of another element type. */
  getDecodedBuffer(): ArrayBufferView;
  getFrameInfo(): EmscriptenFrameInfo;
  delete(): void;
}

/** The class of an encoder in all three packages, as far as they agree. */
export interface EmscriptenEncoder {
  getDecodedBuffer(info: EmscriptenFrameInfo): Uint8Array;
  encode(): void;
  getEncodedBuffer(): ArrayBufferView;
  delete(): void;
}

export interface EmscriptenFrameInfo {
  readonly width: number;
  readonly height: number;
  readonly bitsPerSample: number;
  readonly componentCount: number;
  readonly isSigned: boolean;
  readonly isUsingColorTransform?: boolean;
}

/** The decoded samples, copied out of the codec's memory. */
export function decodeWith(decoder: EmscriptenDecoder, encoded: Uint8Array): Uint8Array<ArrayBuffer> {
  try {
    decoder.getEncodedBuffer(encoded.length).set(encoded);
    decoder.decode();
    return copyOf(decoder.getDecodedBuffer());
  } finally {
    decoder.delete();
  }
}

/** The code stream, copied out of the codec's memory. */
export function encodeWith(
  encoder: EmscriptenEncoder,
  samples: Uint8Array,
  info: EmscriptenFrameInfo,
): Uint8Array<ArrayBuffer> {
  try {
    encoder.getDecodedBuffer(info).set(samples);
    encoder.encode();
    return copyOf(encoder.getEncodedBuffer());
  } finally {
    encoder.delete();
  }
}

function copyOf(view: ArrayBufferView): Uint8Array<ArrayBuffer> {
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength).slice();
}
