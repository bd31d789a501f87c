/** Frames of native pixel data: equal runs of bits (PS3.5 §8.1.1, §8.2). */
import { type NativePixelData, type NativePixelDataLayout, type Vr, wordBytesOf } from '@sandyq/dicom';
import { bitsPerFrame, type PixelDescription, unsubsampledBitsPerFrame } from './describe-pixels.ts';
import { PixelDataError } from './errors.ts';
import type { LaidOutPixelData, LayoutSyntax, PixelDataWarning } from './laid-out-pixel-data.ts';

/**
 * Lays out native pixel data. Nothing is allocated by what the attributes claim.
 * @throws PixelDataError 'pixel-data-too-short'
 */
export function layoutNative(
  pixelData: NativePixelData,
  description: PixelDescription | undefined,
  syntax: LayoutSyntax,
): LaidOutPixelData {
  const { offset, length } = pixelData;
  const encoding = encodingOf(pixelData.vr, syntax);
  const without = (frameBits: number, warning: PixelDataWarning): LaidOutPixelData => ({
    layout: { kind: 'native', offset, length, bitsPerFrame: frameBits, frames: 0, ...encoding },
    warnings: [warning],
  });
  if (description === undefined) return without(0, 'pixels-not-described');
  if (length === 0) return without(bitsPerFrame(description), 'pixel-data-empty');

  const warnings: PixelDataWarning[] = [];
  const frameBits = frameBitsOf(description, length, warnings);
  const frames = framesOf(description, frameBits, length, warnings);
  const needed = bytesOf(frames * frameBits);
  if (needed > length) throw tooShort(needed, length);
  if (length > paddedToEven(needed)) warnings.push('pixel-data-too-long');
  return {
    layout: { kind: 'native', offset, length, bitsPerFrame: frameBits, frames, ...encoding },
    warnings,
  };
}

function encodingOf(
  vr: Vr,
  syntax: LayoutSyntax,
): Pick<NativePixelDataLayout, 'swappedWordBytes' | 'deflated'> {
  const wordBytes = syntax.pixelDataByteOrder === 'big' ? wordBytesOf(vr) : 1;
  return {
    ...(wordBytes === 1 ? {} : { swappedWordBytes: wordBytes }),
    ...(syntax.deflated ? { deflated: true as const } : {}),
  };
}

/** Some writers label full chroma as subsampled: then the length fits the former exactly, which the latter cannot. */
function frameBitsOf(description: PixelDescription, length: number, warnings: PixelDataWarning[]): number {
  const stated = bitsPerFrame(description);
  const full = unsubsampledBitsPerFrame(description);
  if (stated === full || length !== paddedToEven(bytesOf(full * description.numberOfFrames))) return stated;
  warnings.push('chroma-not-subsampled');
  return full;
}

/** Number of Frames; where it is not a number, what the length holds, if that is whole frames. */
function framesOf(
  description: PixelDescription,
  frameBits: number,
  length: number,
  warnings: PixelDataWarning[],
): number {
  const { numberOfFrames, numberOfFramesSource } = description;
  if (numberOfFramesSource === 'stated' || numberOfFramesSource === 'absent') return numberOfFrames;
  warnings.push('number-of-frames-invalid');
  const held = Math.floor((length * 8) / frameBits);
  return held >= 1 && paddedToEven(bytesOf(held * frameBits)) === paddedToEven(length)
    ? held
    : numberOfFrames;
}

function tooShort(expected: number, actual: number): PixelDataError {
  return new PixelDataError(
    'pixel-data-too-short',
    `native pixel data has ${actual} bytes, its attributes need ${expected}; send the complete instance`,
    { expected, actual },
  );
}

function bytesOf(bits: number): number {
  return Math.ceil(bits / 8);
}

/** Values have an even length (PS3.5 §7.1.1). */
function paddedToEven(bytes: number): number {
  return bytes + (bytes % 2);
}
