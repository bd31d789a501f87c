/**
 * The Image Pixel attributes (PS3.3 C.7.6.3) that the metadata leave out: taken from the code stream, as PS3.18 §10.5.2 has
 * it for the media types of its Table 10.5.2-1. What the metadata say is not touched.
 */
import { type ComposedDataSet, type ComposedElement, type Tag, Tags } from '@sandyq/dicom';
import type { CodestreamFacts } from './codestream-facts.ts';

/** The data set with what was missing. */
export function withImagePixel({ elements }: ComposedDataSet, facts: CodestreamFacts): ComposedDataSet {
  const added = attributesOf(facts).filter(({ tag }) => !elements.has(tag));
  if (added.length === 0) return { elements };
  const all = [...elements, ...added.map((element) => [element.tag, element] as const)];
  return { elements: new Map(all.sort(([left], [right]) => left - right)) };
}

/** Whether the data set says how many pixels a frame has. */
export function hasImagePixel({ elements }: ComposedDataSet): boolean {
  return [Tags.Rows, Tags.Columns, Tags.SamplesPerPixel, Tags.BitsAllocated].every((tag) =>
    elements.has(tag),
  );
}

function attributesOf(facts: CodestreamFacts): ComposedElement[] {
  const { rows, columns, samplesPerPixel, precision, isSigned, photometricInterpretation } = facts;
  const number = (tag: Tag, value: number): ComposedElement => {
    const bytes = Buffer.alloc(2);
    bytes.writeUInt16LE(value & 0xffff);
    return { kind: 'value', tag, vr: 'US', value: bytes };
  };
  return [
    number(Tags.SamplesPerPixel, samplesPerPixel),
    {
      kind: 'value',
      tag: Tags.PhotometricInterpretation,
      vr: 'CS',
      value: Buffer.from(photometricInterpretation, 'latin1'),
    },
    ...(samplesPerPixel > 1 ? [number(Tags.PlanarConfiguration, 0)] : []),
    number(Tags.Rows, rows),
    number(Tags.Columns, columns),
    number(Tags.BitsAllocated, precision <= 8 ? 8 : 16),
    number(Tags.BitsStored, precision),
    number(Tags.HighBit, precision - 1),
    number(Tags.PixelRepresentation, isSigned ? 1 : 0),
  ];
}
