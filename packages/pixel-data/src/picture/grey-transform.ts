/** From stored grey values to shades: Modality LUT, VOI LUT, inversion (PS3.3 C.11.1, C.11.2, PS3.4 N.2). */
import { type LookupTable, lookUp } from './lookup-table.ts';

/** Modality LUT (C.11.1): stored values to values with a meaning, such as Hounsfield units. */
export type ModalityLut =
  | { readonly kind: 'linear'; readonly slope: number; readonly intercept: number }
  | { readonly kind: 'table'; readonly table: LookupTable };

/** VOI LUT (C.11.2): which of these values become black and white, and what lies between. */
export type VoiLut =
  | {
      readonly kind: 'window';
      readonly function: VoiFunction;
      readonly center: number;
      readonly width: number;
    }
  | { readonly kind: 'table'; readonly table: LookupTable };

/** VOI LUT Function (C.11.2.1.2, C.11.2.1.3). */
export type VoiFunction = 'LINEAR' | 'LINEAR_EXACT' | 'SIGMOID';

/** The steps from a stored value to a shade. */
export interface GreyTransform {
  readonly modality?: ModalityLut | undefined;
  readonly voi: VoiLut;
  /** MONOCHROME1, or Presentation LUT Shape INVERSE; both at once are none. */
  readonly isInverted: boolean;
  /** Presentation LUT (C.11.6): from the whole output range of the VOI LUT to P-Values. */
  readonly presentation?: LookupTable | undefined;
  /** Stored values that are no image (C.7.5.1.1.2): black, whatever else is said. */
  readonly padding?: StoredRange | undefined;
}

/** Stored values from the least to the greatest, both included. */
export interface StoredRange {
  readonly least: number;
  readonly greatest: number;
}

/** A function from stored value to shade, 0 = black to 255 = white. */
export function shadeFunction(transform: GreyTransform): (stored: number) => number {
  const { modality, voi, isInverted, presentation, padding } = transform;
  const toVoi = voiFunction(voi);
  const toShade = presentation === undefined ? toVoi : presented(toVoi, presentation);
  return (stored) => {
    if (padding !== undefined && stored >= padding.least && stored <= padding.greatest) return 0;
    const shade = Math.round(toShade(modalityValue(modality, stored)) * 255);
    return isInverted ? 255 - shade : shade;
  };
}

/** The output range of the VOI LUT spans the entries of the Presentation LUT (C.11.6.1). */
function presented(toVoi: (value: number) => number, table: LookupTable): (value: number) => number {
  const last = table.entries.length - 1;
  const white = 2 ** table.bits - 1;
  return (value) => Math.min(1, (table.entries[Math.round(toVoi(value) * last)] ?? 0) / white);
}

/** The value that a stored value stands for (C.11.1.1). */
export function modalityValue(lut: ModalityLut | undefined, stored: number): number {
  if (lut === undefined) return stored;
  return lut.kind === 'linear' ? stored * lut.slope + lut.intercept : lookUp(lut.table, stored);
}

/** A window that shows all of the values, for images that bring none. */
export function fullWindow(least: number, greatest: number): VoiLut {
  const width = Math.max(greatest - least, 1);
  return { kind: 'window', function: 'LINEAR_EXACT', center: least + width / 2, width };
}

/** From value to shade in [0, 1]. */
function voiFunction(voi: VoiLut): (value: number) => number {
  if (voi.kind === 'table') {
    const white = 2 ** voi.table.bits - 1;
    return (value) => Math.min(1, lookUp(voi.table, value) / white);
  }
  const { center, width } = voi;
  switch (voi.function) {
    case 'LINEAR':
      // C.11.2.1.2.1: a width of 1 is a threshold; less is not allowed and taken for it.
      if (width <= 1) return (value) => (value <= center - 0.5 ? 0 : 1);
      return (value) => clamp((value - (center - 0.5)) / (width - 1) + 0.5);
    case 'LINEAR_EXACT':
      if (width <= 0) return (value) => (value <= center ? 0 : 1);
      return (value) => clamp((value - center) / width + 0.5);
    default:
      if (width <= 0) return (value) => (value <= center ? 0 : 1);
      return (value) => 1 / (1 + Math.exp((-4 * (value - center)) / width));
  }
}

function clamp(shade: number): number {
  return Math.min(1, Math.max(0, shade));
}
