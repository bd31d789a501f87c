/** CharLS: JPEG-LS (ISO/IEC 14495-1), through @cornerstonejs/codec-charls. */
import type { CodecSource } from './codec-host.ts';
import { type EmscriptenDecoder, type EmscriptenEncoder, instantiateEmscripten } from './emscripten.ts';

/** Interleave mode of an encoded colour image: pixel by pixel. */
export const interleavedBySample = 2;

export interface Charls {
  readonly JpegLSDecoder: new () => EmscriptenDecoder;
  readonly JpegLSEncoder: new () => EmscriptenEncoder & {
    setNearLossless(greatestError: number): void;
    setInterleaveMode(mode: number): void;
  };
}

export const charls: CodecSource<Charls> = {
  binary: '@cornerstonejs/codec-charls/wasm',
  instantiate: (module) => instantiateEmscripten('@cornerstonejs/codec-charls/wasmjs', module),
};
