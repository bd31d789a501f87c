/** Instances of which tests know every pixel: an image, a cine loop, a report, presentation states. */
import { Tags } from '@sandyq/dicom';
import { type RawElement, type RawIdentity, type RawItem, rawInstance } from './raw-instance.ts';

const study = '2.25.7001';

/** UIDs of them, all in one study; the loop has a series of its own. */
export const instances = {
  image: identity('1', '11', '1.2.840.10008.5.1.4.1.1.7'),
  cine: identity('2', '21', '1.2.840.10008.5.1.4.1.1.7.2'),
  report: identity('3', '31', '1.2.840.10008.5.1.4.1.1.88.11'),
  document: identity('3', '32', '1.2.840.10008.5.1.4.1.1.104.1'),
  state: identity('4', '41', '1.2.840.10008.5.1.4.1.1.11.1'),
  colourState: identity('4', '42', '1.2.840.10008.5.1.4.1.1.11.2'),
  lostState: identity('4', '43', '1.2.840.10008.5.1.4.1.1.11.1'),
} as const;

/** Size of image and loop. */
export const size = { columns: 60, rows: 40 } as const;
/** What each frame of the loop is filled with. */
export const cineShades = [10, 100, 200] as const;
/** The document in one of them; of odd length. */
export const pdf = Buffer.from('%PDF-1.4 made for a test\n');

/** Stored value at a place of the image, from 0: it rises to the right, and jumps in the lower half. */
export function storedValue(x: number, y: number): number {
  return x * 2 + (y >= size.rows / 2 ? 100 : 0);
}

/** All of them as files. */
export function renderedInstances(): Buffer[] {
  const { columns, rows } = size;
  const image = Buffer.from(
    Array.from({ length: columns * rows }, (_, index) =>
      storedValue(index % columns, Math.floor(index / columns)),
    ),
  );
  const cine = Buffer.concat(cineShades.map((shade) => Buffer.alloc(columns * rows, shade)));
  return [
    rawInstance(instances.image, [...patient, ...pixelModule, [Tags.PixelData, 'OB', image]]),
    rawInstance(instances.cine, [
      ...patient,
      ...pixelModule,
      [Tags.NumberOfFrames, 'IS', String(cineShades.length)],
      [Tags.FrameTime, 'DS', '50'],
      [Tags.PixelData, 'OB', cine],
    ]),
    rawInstance(instances.report, [...patient, [Tags.Modality, 'CS', 'SR']]),
    rawInstance(instances.document, [
      ...patient,
      [Tags.MIMETypeOfEncapsulatedDocument, 'LO', 'application/pdf'],
      [Tags.EncapsulatedDocument, 'OB', pdf],
      [Tags.EncapsulatedDocumentLength, 'UL', uint32(pdf.length)],
    ]),
    rawInstance(instances.state, [...patient, ...stateModules]),
    rawInstance(instances.colourState, [...patient, refersTo(instances.image)]),
    rawInstance(instances.lostState, [
      ...patient,
      // One that is not there, and one that no instance can be called.
      refersTo(instances.image, ['2.25.7001.999', '2.25.7001\0.999']),
    ]),
  ];
}

/** Window 100 ± 50 inverted; a quarter turn, then mirrored; 20 columns and 10 rows; a shutter; a line and a text. */
const stateModules: readonly RawElement[] = [
  refersTo(instances.image),
  [
    Tags.SoftcopyVOILUTSequence,
    'SQ',
    [
      [
        [Tags.WindowCenter, 'DS', '100'],
        [Tags.WindowWidth, 'DS', '100'],
        [Tags.VOILUTFunction, 'CS', 'LINEAR_EXACT'],
      ],
    ],
  ],
  [Tags.PresentationLUTShape, 'CS', 'INVERSE'],
  [Tags.ImageRotation, 'US', words(90)],
  [Tags.ImageHorizontalFlip, 'CS', 'Y'],
  [Tags.ShutterShape, 'CS', 'RECTANGULAR'],
  [Tags.ShutterLeftVerticalEdge, 'IS', '31'],
  [Tags.ShutterRightVerticalEdge, 'IS', '60'],
  [Tags.ShutterUpperHorizontalEdge, 'IS', '1'],
  [Tags.ShutterLowerHorizontalEdge, 'IS', '40'],
  [Tags.ShutterPresentationValue, 'US', words(0x4000)],
  [
    Tags.DisplayedAreaSelectionSequence,
    'SQ',
    [
      [
        [Tags.DisplayedAreaTopLeftHandCorner, 'SL', longs(29, 16)],
        [Tags.DisplayedAreaBottomRightHandCorner, 'SL', longs(48, 25)],
        [Tags.PresentationSizeMode, 'CS', 'SCALE TO FIT'],
        [Tags.PresentationPixelAspectRatio, 'IS', '1\\1'],
      ],
    ],
  ],
  [
    Tags.GraphicAnnotationSequence,
    'SQ',
    [
      [
        [Tags.GraphicLayer, 'CS', 'MARKS'],
        [
          Tags.GraphicObjectSequence,
          'SQ',
          [
            [
              [Tags.GraphicAnnotationUnits, 'CS', 'PIXEL'],
              [Tags.GraphicDimensions, 'US', words(2)],
              [Tags.NumberOfGraphicPoints, 'US', words(2)],
              [Tags.GraphicData, 'FL', floats(44, 15, 44, 25)],
              [Tags.GraphicType, 'CS', 'POLYLINE'],
              [Tags.GraphicFilled, 'CS', 'N'],
            ],
          ],
        ],
      ],
    ],
  ],
  [
    Tags.GraphicLayerSequence,
    'SQ',
    [
      [
        [Tags.GraphicLayer, 'CS', 'MARKS'],
        [Tags.GraphicLayerOrder, 'IS', '1'],
      ],
    ],
  ],
];

const patient: readonly RawElement[] = [
  [Tags.SpecificCharacterSet, 'CS', 'ISO_IR 192'],
  [Tags.PatientName, 'PN', 'Қожахметова^Әлия'],
  [Tags.PatientID, 'LO', 'P-7'],
  [Tags.StudyDate, 'DA', '20260301'],
];

const pixelModule: readonly RawElement[] = [
  [Tags.SamplesPerPixel, 'US', words(1)],
  [Tags.PhotometricInterpretation, 'CS', 'MONOCHROME2'],
  [Tags.Rows, 'US', words(size.rows)],
  [Tags.Columns, 'US', words(size.columns)],
  [Tags.BitsAllocated, 'US', words(8)],
  [Tags.BitsStored, 'US', words(8)],
  [Tags.HighBit, 'US', words(7)],
  [Tags.PixelRepresentation, 'US', words(0)],
];

function identity(series: string, instance: string, sopClassUid: string): Required<RawIdentity> {
  return {
    studyInstanceUid: study,
    seriesInstanceUid: `${study}.${series}`,
    sopInstanceUid: `${study}.${instance}`,
    sopClassUid,
  };
}

function refersTo(
  { seriesInstanceUid, sopInstanceUid, sopClassUid }: Required<RawIdentity>,
  uids: readonly string[] = [sopInstanceUid],
): RawElement {
  const images = uids.map(
    (uid): RawItem => [
      [Tags.ReferencedSOPClassUID, 'UI', sopClassUid],
      [Tags.ReferencedSOPInstanceUID, 'UI', uid],
    ],
  );
  const series: RawItem = [
    [Tags.SeriesInstanceUID, 'UI', seriesInstanceUid],
    [Tags.ReferencedImageSequence, 'SQ', images],
  ];
  return [Tags.ReferencedSeriesSequence, 'SQ', [series]];
}

function words(...values: readonly number[]): Uint8Array {
  return new Uint8Array(Uint16Array.from(values).buffer);
}

function longs(...values: readonly number[]): Uint8Array {
  return new Uint8Array(Int32Array.from(values).buffer);
}

function floats(...values: readonly number[]): Uint8Array {
  return new Uint8Array(Float32Array.from(values).buffer);
}

function uint32(value: number): Uint8Array {
  return new Uint8Array(Uint32Array.of(value).buffer);
}
