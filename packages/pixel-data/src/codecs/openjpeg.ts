/** OpenJPEG: JPEG 2000 (ISO/IEC 15444-1), through @cornerstonejs/codec-openjpeg. */
import type { CodecSource } from './codec-host.ts';
import { type EmscriptenDecoder, type EmscriptenEncoder, instantiateEmscripten } from './emscripten.ts';

export interface OpenJpeg {
  readonly J2KDecoder: new () => EmscriptenDecoder;
  readonly J2KEncoder: new () => EmscriptenEncoder & {
    setQuality(isLossless: boolean, quantizationStep: number): void;
    setDecompositions(levels: number): void;
  };
}

export const openJpeg: CodecSource<OpenJpeg> = {
  binary: '@cornerstonejs/codec-openjpeg/wasm',
  instantiate: (module) => instantiateEmscripten('@cornerstonejs/codec-openjpeg/wasmjs', module),
};
