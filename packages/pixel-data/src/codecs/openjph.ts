/** OpenJPH: High-Throughput JPEG 2000 (ISO/IEC 15444-15), through @cornerstonejs/codec-openjph. */
import type { CodecSource } from './codec-host.ts';
import { type EmscriptenDecoder, type EmscriptenEncoder, instantiateEmscripten } from './emscripten.ts';

/** Resolution, position, component, layer (ISO/IEC 15444-1 Table A.16). */
export const progressionRpcl = 2;

export interface OpenJph {
  readonly HTJ2KDecoder: new () => EmscriptenDecoder;
  readonly HTJ2KEncoder: new () => EmscriptenEncoder & {
    setQuality(isLossless: boolean, quantizationStep: number): void;
    setProgressionOrder(order: number): void;
    setDecompositions(levels: number): void;
    setTLMMarker(isWritten: boolean): void;
    setTilePartDivisionsAtResolutions(isDivided: boolean): void;
  };
}

export const openJph: CodecSource<OpenJph> = {
  binary: '@cornerstonejs/codec-openjph/wasm',
  instantiate: (module) => instantiateEmscripten('@cornerstonejs/codec-openjph/wasmjs', module),
};
