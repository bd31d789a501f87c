/**
 * The codecs in the WebAssembly binary of dcmjs-codecs: IJG's libjpeg for 8, 12 and 16 bits with lossless processes,
 * libjxl, and an OpenJPEG for what the other build gets wrong. Only the binary is used, through this binding: the
 * package's own hides what the libraries say about damaged code streams.
 */
import type { CodecInstance, CodecSource } from './codec-host.ts';

/** What the binary exports; a context and parameters are addresses. */
export interface NativeCodecs {
  readonly CreateCodecsContext: () => number;
  readonly ReleaseCodecsContext: (context: number) => void;
  readonly SetColumns: Setter;
  readonly SetRows: Setter;
  readonly SetBitsAllocated: Setter;
  readonly SetBitsStored: Setter;
  readonly SetSamplesPerPixel: Setter;
  readonly SetPixelRepresentation: Setter;
  readonly SetPlanarConfiguration: Setter;
  readonly SetPhotometricInterpretation: Setter;
  readonly SetEncodedBufferSize: Setter;
  readonly GetEncodedBuffer: (context: number) => number;
  readonly GetEncodedBufferSize: (context: number) => number;
  readonly SetDecodedBufferSize: Setter;
  readonly GetDecodedBuffer: (context: number) => number;
  readonly GetDecodedBufferSize: (context: number) => number;
  readonly CreateDecoderParameters: () => number;
  readonly ReleaseDecoderParameters: (parameters: number) => void;
  readonly SetConvertColorspaceToRgb: Setter;
  readonly CreateEncoderParameters: () => number;
  readonly ReleaseEncoderParameters: (parameters: number) => void;
  readonly SetLossy: Setter;
  readonly SetAllowMct: Setter;
  readonly DecodeJpeg: Operation;
  readonly DecodeJpeg2000: Operation;
  readonly DecodeJpegXl: Operation;
  readonly EncodeJpeg2000: Operation;
}

type Setter = (address: number, value: number) => void;
type Operation = (context: number, parameters: number) => void;

/** The image that a call is about; samples of 1 to 8 bits are bytes, of 9 to 16 words. */
export interface NativeImage {
  readonly rows: number;
  readonly columns: number;
  readonly components: number;
  readonly precision: number;
  readonly isSigned: boolean;
  readonly colour: keyof typeof colourNumbers;
}

/** Places in the binary's own list of photometric interpretations. */
const colourNumbers = { grey: 1, rgb: 3, ycbcr: 4 } as const;

export const nativeCodecs: CodecSource<NativeCodecs> = {
  binary: 'dcmjs-codecs/build/dcmjs-native-codecs.wasm',
  instantiate: async (module) => instantiate(module),
};

/** Decodes; `isRgbWanted` converts YCbCr (JPEG only). @throws Error with the library's words, or a trap */
export function decodeNative(
  { binding, memory }: CodecInstance<NativeCodecs>,
  operation: 'DecodeJpeg' | 'DecodeJpeg2000' | 'DecodeJpegXl',
  encoded: Uint8Array,
  image: NativeImage,
  isRgbWanted = false,
): Uint8Array<ArrayBuffer> {
  const context = contextOf(binding, image);
  const parameters = binding.CreateDecoderParameters();
  binding.SetConvertColorspaceToRgb(parameters, isRgbWanted ? 1 : 0);
  binding.SetEncodedBufferSize(context, encoded.length);
  new Uint8Array(memory.buffer).set(encoded, binding.GetEncodedBuffer(context));
  binding[operation](context, parameters);
  const length = binding.GetDecodedBufferSize(context);
  const decoded = new Uint8Array(memory.buffer, binding.GetDecodedBuffer(context), length).slice();
  binding.ReleaseDecoderParameters(parameters);
  binding.ReleaseCodecsContext(context);
  return decoded;
}

/** Encodes JPEG 2000 without loss and without a colour transform. @throws Error with the library's words, or a trap */
export function encodeNative(
  { binding, memory }: CodecInstance<NativeCodecs>,
  samples: Uint8Array,
  image: NativeImage,
): Uint8Array<ArrayBuffer> {
  const context = contextOf(binding, image);
  const parameters = binding.CreateEncoderParameters();
  binding.SetLossy(parameters, 0);
  binding.SetAllowMct(parameters, 0);
  binding.SetDecodedBufferSize(context, samples.length);
  new Uint8Array(memory.buffer).set(samples, binding.GetDecodedBuffer(context));
  binding.EncodeJpeg2000(context, parameters);
  const length = binding.GetEncodedBufferSize(context);
  const encoded = new Uint8Array(memory.buffer, binding.GetEncodedBuffer(context), length).slice();
  binding.ReleaseEncoderParameters(parameters);
  binding.ReleaseCodecsContext(context);
  return encoded;
}

function contextOf(binding: NativeCodecs, image: NativeImage): number {
  const context = binding.CreateCodecsContext();
  binding.SetColumns(context, image.columns);
  binding.SetRows(context, image.rows);
  binding.SetBitsAllocated(context, image.precision <= 8 ? 8 : 16);
  binding.SetBitsStored(context, image.precision);
  binding.SetSamplesPerPixel(context, image.components);
  binding.SetPixelRepresentation(context, image.isSigned ? 1 : 0);
  binding.SetPlanarConfiguration(context, 0);
  binding.SetPhotometricInterpretation(context, colourNumbers[image.colour]);
  return context;
}

/** No files, clock or environment: what the binary prints and reports is kept as messages. */
function instantiate(module: WebAssembly.Module): CodecInstance<NativeCodecs> {
  const messages: string[] = [];
  const textAt = (address: number, length: number) =>
    Buffer.from(memory.buffer, address, length).toString('latin1');
  const note = (address: number, length: number) => void messages.push(textAt(address, length));
  const refuse = (address: number, length: number): never => {
    throw new Error(textAt(address, length));
  };
  const instance = new WebAssembly.Instance(module, {
    env: {
      emscripten_notify_memory_growth: () => undefined,
      onCodecsInfo: note,
      onCodecsTrace: () => undefined,
      onCodecsException: refuse,
    },
    wasi_snapshot_preview1: systemCalls(() => memory),
  });
  const exports = instance.exports as unknown as NativeCodecs & {
    readonly memory: WebAssembly.Memory;
  };
  const { memory } = exports;
  (instance.exports['_initialize'] as () => void)();
  return { binding: exports, memory, messages };
}

/** The system calls (WASI) that the binary's C library wants: empty environment, output thrown away. */
function systemCalls(memory: () => WebAssembly.Memory): Record<string, (...numbers: number[]) => number> {
  const zeroAt = (...addresses: readonly number[]) => {
    const view = new DataView(memory().buffer);
    for (const address of addresses) view.setUint32(address, 0, true);
    return 0;
  };
  return {
    environ_get: () => 0,
    environ_sizes_get: (count = 0, bytes = 0) => zeroAt(count, bytes),
    clock_time_get: () => 0,
    fd_write: (_file, vectors = 0, count = 0, written = 0) => {
      const view = new DataView(memory().buffer);
      let bytes = 0;
      for (let index = 0; index < count; index++) bytes += view.getUint32(vectors + 8 * index + 4, true);
      view.setUint32(written, bytes, true);
      return 0;
    },
    fd_seek: () => 0,
    fd_close: () => 0,
    proc_exit: (status) => {
      throw new Error(`the codec ended with status ${status}`);
    },
  };
}
