/** Small files that between them have every kind of structure the reader knows. */
import { deflateRawSync } from 'node:zlib';
import { Tags } from '../src/tag.ts';
import { TransferSyntaxes } from '../src/transfer-syntax.ts';
import { element, encapsulated, identifiable, part10, type Style, sequence, uint16 } from './encode.ts';

/** By name; each is a readable file. */
export function fixtures(): Readonly<Record<string, Buffer>> {
  const fragments = [Buffer.from([0xff, 0xd8, 1, 2, 3, 4]), Buffer.from([9]), Buffer.alloc(0)];
  const jpeg = identifiable({}, icon(), encapsulated([0, 14], fragments), element(0xfffcfffc, 'OB', 'pad '));
  return {
    explicit: part10(nativeDataSet({})),
    implicit: part10(nativeDataSet({ explicitVr: false }), TransferSyntaxes.ImplicitVRLittleEndian.uid),
    bigEndian: part10(nativeDataSet({ littleEndian: false }), TransferSyntaxes.ExplicitVRBigEndian.uid),
    deflated: part10(deflateRawSync(nativeDataSet({})), TransferSyntaxes.DeflatedExplicitVRLittleEndian.uid),
    encapsulated: part10(jpeg, TransferSyntaxes.JPEGBaseline8Bit.uid),
    bare: nativeDataSet({}),
    bareBigEndian: nativeDataSet({ littleEndian: false }),
    withoutPreamble: part10(nativeDataSet({})).subarray(132),
  };
}

function nativeDataSet(style: Style): Buffer {
  const code = element(Tags.CodeValue, 'SH', 'ab', style);
  const inner = sequence(Tags.ConceptNameCodeSequence, [code, Buffer.alloc(0)], style);
  return identifiable(
    style,
    element(Tags.PixelRepresentation, 'US', uint16(1, style), style),
    element(Tags.SmallestImagePixelValue, 'SS', uint16(7, style), style),
    sequence(Tags.AcquisitionContextSequence, [inner, code], { ...style, defined: true }),
    sequence(Tags.ContentSequence, [inner], style),
    element(0x00410010, 'LO', 'ACME', style),
    privateSequence(style),
    element(0x00420011, 'OB', Buffer.alloc(1100, 3), style),
    element(Tags.PixelData, 'OW', Buffer.from([1, 2, 3, 4, 5, 6]), style),
  );
}

function icon(): Buffer {
  return sequence(Tags.IconImageSequence, [encapsulated([], [Buffer.from([1, 2])])]);
}

/** Implicit: of unknown VR; explicit: UN, whose items are implicit VR little endian (PS3.5 §6.2.2). */
function privateSequence(style: Style): Buffer {
  const code = element(Tags.CodeValue, 'SH', 'ab', { explicitVr: false });
  if (style.explicitVr === false) return sequence(0x00411001, [code], style);
  const little = sequence(0x00411001, [code], { vr: 'UN' });
  const header = element(0x00411001, 'UN', '', style, 0xffffffff);
  return Buffer.concat([header, little.subarray(header.length)]);
}
