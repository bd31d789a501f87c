/** What our encoders write, read by programs of others: DCMTK (RLE, JPEG-LS) and OpenJPEG (JPEG 2000, HTJ2K). */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readPart10, type TransferSyntax, TransferSyntaxes } from '@sandyq/dicom';
import { afterAll, describe, expect, it } from 'vitest';
import type { DecodedFrame } from '../decoded-frame.ts';
import { createCodecSet } from './codec-set.ts';
import { encodeFrame } from './encode-frame.ts';

const folder = mkdtempSync(join(tmpdir(), 'sandyq-codecs-'));
afterAll(() => rmSync(folder, { recursive: true }));

const isMissing = (program: string) => spawnSync(program, ['--version']).error !== undefined;
const codecs = createCodecSet();
const grey = frameOf(1, 16, 12, 'MONOCHROME2');
const colour = frameOf(3, 8, 8, 'RGB');

const { RLELossless, JPEGLSLossless, JPEG2000Lossless, HTJ2KLossless, HTJ2KLosslessRPCL } = TransferSyntaxes;

describe.each([
  ['dcmdrle', RLELossless],
  ['dcmdjpls', JPEGLSLossless],
] as const)('%s', (program, syntax) => {
  it.skipIf(isMissing(program)).each([
    ['grey', grey],
    ['colour', colour],
    ['16-bit colour', frameOf(3, 16, 16, 'RGB')],
  ])(`reads what we write: %s`, async (_name, frame) => {
    const { bytes } = await encodeFrame(frame, syntax, codecs);
    const [from, to] = [join(folder, 'in.dcm'), join(folder, 'out.dcm')];
    writeFileSync(from, part10Of(frame, syntax, bytes));
    const { status, stderr } = spawnSync(program, [from, to]);
    expect([status, stderr.toString()]).toEqual([0, '']);
    const decoded = readFileSync(to);
    const { pixelData } = readPart10(decoded);
    const value = decoded.subarray(pixelData?.offset ?? 0, (pixelData?.offset ?? 0) + frame.samples.length);
    expect(Buffer.compare(value, frame.samples)).toBe(0);
  });
});

describe('opj_decompress', () => {
  it.skipIf(isMissing('opj_decompress')).each([
    ['JPEG 2000 grey', JPEG2000Lossless, grey],
    ['JPEG 2000 colour', JPEG2000Lossless, colour],
    ['HTJ2K grey', HTJ2KLossless, grey],
    ['HTJ2K colour', HTJ2KLossless, colour],
    ['HTJ2K RPCL grey', HTJ2KLosslessRPCL, grey],
    ['HTJ2K RPCL colour', HTJ2KLosslessRPCL, colour],
  ])('reads what we write: %s', async (_name, syntax, frame) => {
    const { bytes } = await encodeFrame(frame, syntax, codecs);
    const [from, to] = [
      join(folder, 'in.j2k'),
      join(folder, frame.samplesPerPixel === 3 ? 'out.ppm' : 'out.pgm'),
    ];
    writeFileSync(from, bytes);
    const { status } = spawnSync('opj_decompress', ['-i', from, '-o', to]);
    expect(status).toBe(0);
    const picture = readFileSync(to).subarray(-frame.samples.length);
    // Portable maps are big endian.
    expect(
      Buffer.compare(frame.bitsAllocated === 16 ? Buffer.from(picture).swap16() : picture, frame.samples),
    ).toBe(0);
  });
});

function frameOf(
  samplesPerPixel: number,
  bitsAllocated: number,
  bitsStored: number,
  photometricInterpretation: string,
): DecodedFrame {
  const [rows, columns] = [61, 97];
  const samples = Buffer.alloc((rows * columns * samplesPerPixel * bitsAllocated) / 8);
  for (let index = 0; index < rows * columns * samplesPerPixel; index++) {
    const value =
      Math.floor((0.5 + 0.45 * Math.sin(index / 37)) * 2 ** bitsStored) ^
      (Math.imul(index, 2_654_435_761) >>> 29);
    samples.writeUIntLE(value, (index * bitsAllocated) / 8, bitsAllocated / 8);
  }
  const shape = {
    rows,
    columns,
    samplesPerPixel,
    bitsAllocated,
    bitsStored,
    photometricInterpretation,
    samples,
  };
  return { ...shape, highBit: bitsStored - 1, pixelRepresentation: 0, planarConfiguration: 0 };
}

/** The smallest file that DCMTK decodes: file meta information and the Image Pixel module, explicit VR little endian. */
function part10Of(frame: DecodedFrame, { uid }: TransferSyntax, encoded: Uint8Array): Buffer {
  const short = (tag: number, value: number) => element(tag, 'US', Buffer.from([value & 0xff, value >> 8]));
  const text = (tag: number, vr: string, value: string) => element(tag, vr, Buffer.from(value));
  const meta = Buffer.concat([
    text(0x00020002, 'UI', '1.2.840.10008.5.1.4.1.1.7'),
    text(0x00020003, 'UI', '1.2.3.4'),
    text(0x00020010, 'UI', uid),
  ]);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(meta.length);
  return Buffer.concat([
    Buffer.alloc(128),
    Buffer.from('DICM'),
    element(0x00020000, 'UL', length),
    meta,
    text(0x00080016, 'UI', '1.2.840.10008.5.1.4.1.1.7'),
    text(0x00080018, 'UI', '1.2.3.4'),
    short(0x00280002, frame.samplesPerPixel),
    text(0x00280004, 'CS', frame.photometricInterpretation),
    ...(frame.samplesPerPixel === 3 ? [short(0x00280006, 0)] : []),
    short(0x00280010, frame.rows),
    short(0x00280011, frame.columns),
    short(0x00280100, frame.bitsAllocated),
    short(0x00280101, frame.bitsStored),
    short(0x00280102, frame.highBit),
    short(0x00280103, 0),
    Buffer.from([0xe0, 0x7f, 0x10, 0x00, 0x4f, 0x42, 0, 0, 0xff, 0xff, 0xff, 0xff]),
    item(0xe000, Buffer.alloc(0)),
    item(0xe000, encoded),
    item(0xe0dd, Buffer.alloc(0)),
  ]);
}

function element(tag: number, vr: string, value: Buffer): Buffer {
  const padded =
    value.length % 2 === 0 ? value : Buffer.concat([value, Buffer.from([vr === 'UI' ? 0 : 0x20])]);
  const head = Buffer.alloc(8);
  head.writeUInt16LE(tag >>> 16, 0);
  head.writeUInt16LE(tag & 0xffff, 2);
  head.write(vr, 4, 'latin1');
  head.writeUInt16LE(padded.length, 6);
  return Buffer.concat([head, padded]);
}

function item(elementNumber: number, value: Uint8Array): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt16LE(0xfffe, 0);
  head.writeUInt16LE(elementNumber, 2);
  head.writeUInt32LE(value.length, 4);
  return Buffer.concat([head, value]);
}
