/** Which Modality LUT, VOI LUT and inversion apply to a frame (PS3.3 C.7.6.16.2.9, C.7.6.16.2.10, C.11.1, C.11.2). */
import { type ByteOrder, type DataSet, floatsOf, intOf, itemsOf, stringOf, Tags } from '@sandyq/dicom';
import { placesOf } from './functional-groups.ts';
import type { GreyOptions } from './grey-picture.ts';
import type { ModalityLut, StoredRange, VoiFunction, VoiLut } from './grey-transform.ts';
import { tableOfItem } from './tables-of-data-set.ts';

/** A data set, and the byte order of its file. */
export interface FrameAttributes {
  readonly dataSet: DataSet;
  readonly byteOrder: ByteOrder;
  /** From 0. */
  readonly frameIndex: number;
}

/** The grey transform of a frame; `voi` stays undefined where the data set brings none. */
export function greyOf(frame: FrameAttributes): GreyOptions {
  const { dataSet, byteOrder } = frame;
  const modality = modalityLutOf(frame);
  const isMonochrome1 = stringOf(dataSet, Tags.PhotometricInterpretation) === 'MONOCHROME1';
  const shape = stringOf(dataSet, Tags.PresentationLUTShape);
  return {
    modality,
    voi: voiLutOf(frame, modality),
    // In an image the shape says again what MONOCHROME1 says: never both (C.11.6.1.2, C.8.11.3.1.2).
    isInverted: isMonochrome1 || shape === 'INVERSE',
    presentation: undefined,
    padding: paddingOf(dataSet, byteOrder),
  };
}

/** Modality LUT Sequence, or Rescale Slope and Intercept of the frame; undefined = stored values are meant. */
export function modalityLutOf({ dataSet, byteOrder, frameIndex }: FrameAttributes): ModalityLut | undefined {
  const item = itemsOf(dataSet, Tags.ModalityLUTSequence)?.[0];
  const table = item && tableOfItem(item, byteOrder, isSigned(dataSet, byteOrder));
  if (table !== undefined) return { kind: 'table', table };
  for (const place of placesOf(dataSet, frameIndex, Tags.PixelValueTransformationSequence)) {
    const slope = numberOf(place, Tags.RescaleSlope, byteOrder);
    const intercept = numberOf(place, Tags.RescaleIntercept, byteOrder);
    if (slope === undefined && intercept === undefined) continue;
    // A slope of 0 makes every pixel the same: such files exist, and mean 1.
    const rescale = { slope: slope === undefined || slope === 0 ? 1 : slope, intercept: intercept ?? 0 };
    if (rescale.slope === 1 && rescale.intercept === 0) return undefined;
    return { kind: 'linear', ...rescale };
  }
  return undefined;
}

/** The first window of the frame, else its first VOI LUT (C.11.2.1.2: which of several is the viewer's choice). */
export function voiLutOf(frame: FrameAttributes, modality: ModalityLut | undefined): VoiLut | undefined {
  const { dataSet, byteOrder, frameIndex } = frame;
  for (const place of placesOf(dataSet, frameIndex, Tags.FrameVOILUTSequence)) {
    const voi = voiLutOfItem(place, byteOrder, isSignedOutput(frame, modality));
    if (voi !== undefined) return voi;
  }
  return undefined;
}

/** The window, else the VOI LUT, of one data set or item. */
export function voiLutOfItem(
  place: DataSet,
  byteOrder: ByteOrder,
  isSignedTable: boolean,
): VoiLut | undefined {
  const center = numberOf(place, Tags.WindowCenter, byteOrder);
  const width = numberOf(place, Tags.WindowWidth, byteOrder);
  if (center !== undefined && width !== undefined && width > 0) {
    return { kind: 'window', function: voiFunctionOf(place), center, width };
  }
  const item = itemsOf(place, Tags.VOILUTSequence)?.[0];
  const table = item && tableOfItem(item, byteOrder, isSignedTable);
  return table && { kind: 'table', table };
}

/** Whether values after the Modality LUT may be negative (C.11.2.1.1). */
export function isSignedOutput(
  { dataSet, byteOrder }: Pick<FrameAttributes, 'dataSet' | 'byteOrder'>,
  modality: ModalityLut | undefined,
): boolean {
  if (modality?.kind === 'table') return false;
  return isSigned(dataSet, byteOrder) || (modality !== undefined && modality.intercept < 0);
}

/** Pixel Padding Value and Range Limit (C.7.5.1.1.2), in stored values. */
function paddingOf(dataSet: DataSet, byteOrder: ByteOrder): StoredRange | undefined {
  const value = intOf(dataSet, Tags.PixelPaddingValue, byteOrder);
  if (value === undefined) return undefined;
  const limit = intOf(dataSet, Tags.PixelPaddingRangeLimit, byteOrder) ?? value;
  const [first, last] = [asStored(value, dataSet, byteOrder), asStored(limit, dataSet, byteOrder)];
  return { least: Math.min(first, last), greatest: Math.max(first, last) };
}

/** The value goes with Pixel Representation, whatever VR it came in. */
function asStored(value: number, dataSet: DataSet, byteOrder: ByteOrder): number {
  if (!isSigned(dataSet, byteOrder)) return value & 0xffff;
  return value > 0x7fff ? value - 0x10000 : value;
}

function voiFunctionOf(place: DataSet): VoiFunction {
  const term = stringOf(place, Tags.VOILUTFunction);
  return term === 'SIGMOID' || term === 'LINEAR_EXACT' ? term : 'LINEAR';
}

function isSigned(dataSet: DataSet, byteOrder: ByteOrder): boolean {
  return intOf(dataSet, Tags.PixelRepresentation, byteOrder) === 1;
}

/** The first number, if it is one. */
function numberOf(place: DataSet, tag: number, byteOrder: ByteOrder): number | undefined {
  const value = floatsOf(place, tag, byteOrder)?.[0];
  return value !== undefined && Number.isFinite(value) ? value : undefined;
}
