/** Which window, table, palette or overlay of a data set applies to a frame. */
import { type DataSet, Tags } from '@sandyq/dicom';
import { describe, expect, it } from 'vitest';
import { type MadeElement, madeDataSet } from '../testing/made-data-set.ts';
import { makePicture } from './make-picture.ts';
import { overlaysOf } from './overlays-of-data-set.ts';
import { pixelAspectOf } from './pixel-aspect.ts';
import { expandSegments } from './segmented-palette.ts';
import { shadingOf } from './shading-of-data-set.ts';

const window = (center: string, width: string) =>
  [
    [Tags.WindowCenter, 'DS', center],
    [Tags.WindowWidth, 'DS', width],
  ] as const;
const greyOf = (dataSet: DataSet, frameIndex = 0) => {
  const shading = shadingOf({ dataSet, byteOrder: 'little', frameIndex }, 'MONOCHROME2');
  if (shading.kind !== 'grey') throw new Error('grey expected');
  return shading;
};

describe('grey frames', () => {
  it('take the first window with its function', () => {
    const dataSet = madeDataSet(...window('40\\300', '400\\1500'), [Tags.VOILUTFunction, 'CS', 'SIGMOID']);
    expect(greyOf(dataSet).voi).toEqual({ kind: 'window', function: 'SIGMOID', center: 40, width: 400 });
    expect(greyOf(madeDataSet(...window('1', '0'))).voi).toBeUndefined();
    expect(greyOf(madeDataSet()).voi).toBeUndefined();
  });

  it('take a VOI LUT where there is no window, signed where values can be negative', () => {
    const item = madeDataSet([Tags.LUTDescriptor, 'US', [2, 0xffff, 8]], [Tags.LUTData, 'OW', [5, 250]]);
    const lut = [Tags.VOILUTSequence, 'SQ', [item]] as const;
    const rescaled = madeDataSet(lut, [Tags.RescaleIntercept, 'DS', '-10'], [Tags.RescaleSlope, 'DS', '2']);
    expect(greyOf(rescaled)).toMatchObject({
      modality: { kind: 'linear', slope: 2, intercept: -10 },
      voi: { kind: 'table', table: { firstMapped: -1, bits: 8 } },
    });
    expect(greyOf(madeDataSet(lut)).voi).toMatchObject({ table: { firstMapped: 0xffff } });
    expect(greyOf(madeDataSet(lut, ...window('1', '2'))).voi).toMatchObject({ kind: 'window' });
  });

  it('take what their functional groups say before what is shared and what is above', () => {
    const group = (center: string) =>
      madeDataSet([Tags.FrameVOILUTSequence, 'SQ', [madeDataSet(...window(center, '10'))]]);
    const transformation = madeDataSet([Tags.RescaleSlope, 'DS', '3'], [Tags.RescaleIntercept, 'DS', '1']);
    const dataSet = madeDataSet(
      [Tags.PerFrameFunctionalGroupsSequence, 'SQ', [group('1'), madeDataSet()]],
      [
        Tags.SharedFunctionalGroupsSequence,
        'SQ',
        [
          madeDataSet(
            [Tags.FrameVOILUTSequence, 'SQ', [madeDataSet(...window('2', '10'))]],
            [Tags.PixelValueTransformationSequence, 'SQ', [transformation]],
          ),
        ],
      ],
      ...window('3', '10'),
    );
    expect([0, 1, 2].map((frame) => greyOf(dataSet, frame).voi)).toMatchObject([
      { center: 1 },
      { center: 2 },
      { center: 2 },
    ]);
    expect(greyOf(dataSet).modality).toEqual({ kind: 'linear', slope: 3, intercept: 1 });
    expect(greyOf(madeDataSet(...window('3', '10')), 5).voi).toMatchObject({ center: 3 });
  });

  it('are inverted once, and black where there is padding', () => {
    const words = (...values: readonly number[]) => new Uint8Array(Uint16Array.from(values).buffer);
    const dataSet = madeDataSet(
      [Tags.PhotometricInterpretation, 'CS', 'MONOCHROME1'],
      [Tags.PresentationLUTShape, 'CS', 'INVERSE'],
      [Tags.PixelRepresentation, 'US', [1]],
      [Tags.PixelPaddingValue, 'US', [0xfff0]],
      [Tags.PixelPaddingRangeLimit, 'US', [0xfff8]],
    );
    expect(greyOf(dataSet)).toMatchObject({ isInverted: true, padding: { least: -16, greatest: -8 } });
    const frame = {
      rows: 1,
      columns: 4,
      samplesPerPixel: 1,
      bitsAllocated: 16,
      bitsStored: 16,
      highBit: 15,
      pixelRepresentation: 1,
      planarConfiguration: 0,
      photometricInterpretation: 'MONOCHROME1',
      samples: words(0xfff0, 0xfff4, 0, 100),
    };
    // The range that is shown is that of what is no padding: 0 to 100.
    expect([...makePicture(frame, { shading: greyOf(dataSet) }).pixels]).toEqual([0, 0, 255, 0]);
  });

  it('pass through a Presentation LUT', () => {
    const frame = {
      rows: 1,
      columns: 3,
      samplesPerPixel: 1,
      bitsAllocated: 8,
      bitsStored: 8,
      highBit: 7,
      pixelRepresentation: 0,
      planarConfiguration: 0,
      photometricInterpretation: 'MONOCHROME2',
      samples: Uint8Array.of(0, 128, 255),
    };
    const presentation = { firstMapped: 0, entries: Uint16Array.of(1023, 0, 512), bits: 10 };
    const { pixels } = makePicture(frame, { shading: { kind: 'grey', isInverted: false, presentation } });
    expect([...pixels]).toEqual([255, 0, 128]);
  });
});

describe('palettes', () => {
  const channel = (name: 'Red' | 'Green' | 'Blue', values: readonly number[]) =>
    [
      [Tags[`${name}PaletteColorLookupTableDescriptor`], 'US', [values.length, 0, 16]],
      [Tags[`${name}PaletteColorLookupTableData`], 'OW', values],
    ] as const;
  const palette = madeDataSet(
    ...channel('Red', [0, 0xff00]),
    ...channel('Green', [0x8000, 0]),
    ...channel('Blue', [0, 0]),
  );
  const frame = {
    rows: 1,
    columns: 2,
    samplesPerPixel: 1,
    bitsAllocated: 8,
    bitsStored: 8,
    highBit: 7,
    pixelRepresentation: 0,
    planarConfiguration: 0,
    photometricInterpretation: 'PALETTE COLOR',
    samples: Uint8Array.of(0, 1),
  };
  const attributes = { dataSet: palette, byteOrder: 'little', frameIndex: 0 } as const;

  it('are looked up', () => {
    const { pixels } = makePicture(frame, { shading: shadingOf(attributes, 'PALETTE COLOR') });
    expect([...pixels]).toEqual([0, 128, 0, 255, 0, 0]);
    const none = { ...attributes, dataSet: madeDataSet() };
    expect(() => shadingOf(none, 'PALETTE COLOR')).toThrow(expect.objectContaining({ code: 'unsupported' }));
  });

  it('colour the highest values of grey images that bring one', () => {
    const withPalette = new Map([
      ...palette.elements,
      ...madeDataSet([Tags.PixelPresentation, 'CS', 'COLOR']).elements,
    ]);
    const descriptor = (name: 'Red' | 'Green' | 'Blue') => Tags[`${name}PaletteColorLookupTableDescriptor`];
    const later = madeDataSet(
      ...(['Red', 'Green', 'Blue'] as const).map((name) => [descriptor(name), 'US', [2, 200, 16]] as const),
    );
    const dataSet = { elements: new Map([...withPalette, ...later.elements]) };
    const grey = { ...frame, photometricInterpretation: 'MONOCHROME2', samples: Uint8Array.of(199, 201) };
    const { pixels } = makePicture(grey, { shading: shadingOf({ ...attributes, dataSet }, 'MONOCHROME2') });
    expect([...pixels]).toEqual([199, 199, 199, 255, 0, 0]);
  });

  it('are expanded from segments: discrete, linear, indirect', () => {
    const words = [0, 2, 10, 20, 1, 4, 60, 2, 2, 0, 0];
    // The indirect segment repeats the first two; its line starts from the last entry before it.
    expect(expandSegments(Uint16Array.from(words))).toEqual(
      Uint16Array.of(10, 20, 30, 40, 50, 60, 10, 20, 30, 40, 50, 60),
    );
    for (const broken of [[3, 1, 1], [0, 9, 1], [2, 1, 1, 0], [2, 1, 0, 0], []]) {
      expect(expandSegments(Uint16Array.from(broken)), String(broken)).toBeUndefined();
    }
  });
});

describe('overlays', () => {
  const overlay = (...more: readonly MadeElement[]) =>
    madeDataSet(
      [0x60000010, 'US', [1]],
      [0x60000011, 'US', [3]],
      [0x60000050, 'SS', [2, 0xffff]],
      [0x60000100, 'US', [1]],
      [0x60003000, 'OW', [0b101_011]],
      ...more,
    );

  it('are planes at their origin', () => {
    expect(overlaysOf(overlay(), 'little', 7)).toEqual([
      { rows: 1, columns: 3, origin: [2, -1], bits: Uint8Array.of(0b101_011) },
    ]);
    expect(overlaysOf(overlay(), 'little', 0, (group) => group !== 0x6000)).toEqual([]);
  });

  it('of several frames lie on those that they are for', () => {
    const dataSet = overlay([0x60000015, 'IS', '2'], [0x60000051, 'US', [3]]);
    expect([1, 2, 3, 4].map((frame) => overlaysOf(dataSet, 'little', frame).length)).toEqual([0, 1, 1, 0]);
    expect(overlaysOf(dataSet, 'little', 3)).toMatchObject([{ bits: Uint8Array.of(0b101) }]);
  });

  it('that are not all there are none', () => {
    expect(overlaysOf(overlay([0x60000011, 'US', [99]]), 'little', 0)).toEqual([]);
    const inSamples = madeDataSet(
      [0x60000010, 'US', [1]],
      [0x60000011, 'US', [1]],
      [0x60000100, 'US', [16]],
      [0x60000102, 'US', [12]],
    );
    expect(overlaysOf(inSamples, 'little', 0)).toEqual([{ bitPosition: 12 }]);
  });
});

it('pixels are as tall as the first spacing that makes sense says', () => {
  const measures = madeDataSet([
    Tags.PixelMeasuresSequence,
    'SQ',
    [madeDataSet([Tags.PixelSpacing, 'DS', '2\\1'])],
  ]);
  const dataSet = madeDataSet(
    [Tags.PerFrameFunctionalGroupsSequence, 'SQ', [measures]],
    [Tags.PixelSpacing, 'DS', '0\\0'],
    [Tags.ImagerPixelSpacing, 'DS', '1\\4'],
    [Tags.PixelAspectRatio, 'IS', '1\\3'],
  );
  expect([0, 1].map((frame) => pixelAspectOf(dataSet, 'little', frame))).toEqual([2, 0.25]);
});
