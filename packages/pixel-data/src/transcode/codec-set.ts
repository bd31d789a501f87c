/** All codecs of one thread with their limits. */
import { type Charls, charls } from '../codecs/charls.ts';
import { CodecHost } from '../codecs/codec-host.ts';
import { type NativeCodecs, nativeCodecs } from '../codecs/native-codecs.ts';
import { type OpenJpeg, openJpeg } from '../codecs/openjpeg.ts';
import { type OpenJph, openJph } from '../codecs/openjph.ts';

/** Bounds of one decoding or encoding. */
export interface CodecLimits {
  /** Largest frame, decoded, in bytes; checked before anything is allocated. */
  readonly mostFrameBytes: number;
  /** Largest memory of one WebAssembly codec, in bytes; they start with 50 to 256 MiB. */
  readonly mostCodecBytes: number;
}

/** A mammogram has 30 MB, a slide's tile 1 MB, a large panorama 200 MB; JPEG 2000 needs about five times its frame. */
export const defaultCodecLimits: CodecLimits = {
  mostFrameBytes: 512 * 1024 * 1024,
  mostCodecBytes: 1536 * 1024 * 1024,
};

/** The codecs, loaded when first used. One set serves one thread, one frame at a time. */
export interface CodecSet {
  readonly limits: CodecLimits;
  readonly charls: CodecHost<Charls>;
  readonly openJpeg: CodecHost<OpenJpeg>;
  readonly openJph: CodecHost<OpenJph>;
  readonly native: CodecHost<NativeCodecs>;
}

/** A set with nothing loaded yet. */
export function createCodecSet(limits: CodecLimits = defaultCodecLimits): CodecSet {
  const { mostCodecBytes } = limits;
  return {
    limits,
    charls: new CodecHost(charls, mostCodecBytes),
    openJpeg: new CodecHost(openJpeg, mostCodecBytes),
    openJph: new CodecHost(openJph, mostCodecBytes),
    native: new CodecHost(nativeCodecs, mostCodecBytes),
  };
}
