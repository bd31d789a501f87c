/** Small requests that ask for much: depth, numbers, what grows when it is unpacked. Valid or not, they cost the archive little. */
import { deflateRawSync, gzipSync } from 'node:zlib';
import { Tags, TransferSyntaxes, writeFileMeta } from '@sandyq/dicom';
import { rawInstance } from '../support/raw-instance.ts';
import { type FuzzRequest, requestOf } from './fuzz-request.ts';

const ZEROS = Buffer.alloc(32 * 1_024 ** 2);
const ids = {
  studyInstanceUid: '2.25.22.1',
  seriesInstanceUid: '2.25.22.1.1',
  sopInstanceUid: '2.25.22.1.1.1',
};

/** The requests. */
export function bombs(): FuzzRequest[] {
  const attribute = (tag: number): string =>
    `"${tag.toString(16).padStart(8, '0').toUpperCase()}":{"vr":"LO","Value":["x"]}`;
  const many = Array.from({ length: 30_000 }, (_, index) => attribute(0x00091000 + index));
  const laughs = Array.from(
    { length: 12 },
    (_, index) => `<!ENTITY l${index + 1} "${`&l${index};`.repeat(10)}">`,
  );
  return [
    dicom(gzipSync(ZEROS), { 'Content-Encoding': 'gzip' }),
    dicom(deflated(ZEROS)),
    dicom(nestedSequences(3_000)),
    dicom(manyFrames()),
    metadata('application/dicom+json', '['.repeat(50_000)),
    metadata('application/dicom+json', '[{"00081199":{"vr":"SQ","Value":['.repeat(2_000)),
    metadata('application/dicom+json', `[{${many.join(',')}}]`),
    metadata('application/dicom+json', '[{"__proto__":{"vr":"LO","Value":["x"]},"constructor":{"vr":"SQ"}}]'),
    metadata(
      'application/dicom+xml',
      `<!DOCTYPE a [<!ENTITY l0 "ha">${laughs.join('')}]><NativeDicomModel>&l12;</NativeDicomModel>`,
    ),
    metadata('application/dicom+xml', '<NativeDicomModel>'.repeat(20_000)),
    requestOf('GET', `/dicom-web/studies?${'PatientName=*&'.repeat(400)}limit=1`),
    requestOf('GET', `/dicom-web/studies?PatientName=${'*a'.repeat(500)}`),
    requestOf(
      'GET',
      `/dicom-web/instances?SOPInstanceUID=${'1.2,'.repeat(3_000)}1.3&includefield=${'00081030,'.repeat(300)}all`,
    ),
    requestOf('GET', '/dicom-web/instances?limit=5000&includefield=all'),
  ];
}

function dicom(body: Buffer, headers: Readonly<Record<string, string>> = {}): FuzzRequest {
  return requestOf('POST', '/dicom-web/studies', { 'Content-Type': 'application/dicom', ...headers }, body);
}

function metadata(type: string, text: string): FuzzRequest {
  const body = Buffer.from(`--b\r\nContent-Type: ${type}\r\n\r\n${text}\r\n--b--\r\n`);
  return requestOf(
    'POST',
    '/dicom-web/studies',
    { 'Content-Type': `multipart/related; type="${type}"; boundary=b` },
    body,
  );
}

/** A data set that is much longer inflated. */
function deflated(dataSet: Buffer): Buffer {
  const meta = writeFileMeta({
    sopClassUid: '1.2.840.10008.5.1.4.1.1.7',
    sopInstanceUid: ids.sopInstanceUid,
    transferSyntaxUid: TransferSyntaxes.DeflatedExplicitVRLittleEndian.uid,
  });
  return Buffer.concat([meta, deflateRawSync(dataSet)]);
}

/** Sequences of undefined length within each other, never closed. */
function nestedSequences(depth: number): Buffer {
  const level = Buffer.from('0800401153510000fffffffffeff00e0ffffffff', 'hex');
  return Buffer.concat([rawInstance(ids), ...Array.from({ length: depth }, () => level)]);
}

/** Two billion frames of 65,535 × 65,535 in 16 bytes. */
function manyFrames(): Buffer {
  return rawInstance({ ...ids, sopInstanceUid: '2.25.22.1.1.2' }, [
    [Tags.SamplesPerPixel, 'US', Buffer.of(1, 0)],
    [Tags.PhotometricInterpretation, 'CS', 'MONOCHROME2'],
    [Tags.NumberOfFrames, 'IS', '2147483647'],
    [Tags.Rows, 'US', Buffer.of(255, 255)],
    [Tags.Columns, 'US', Buffer.of(255, 255)],
    [Tags.BitsAllocated, 'US', Buffer.of(16, 0)],
    [Tags.BitsStored, 'US', Buffer.of(16, 0)],
    [Tags.HighBit, 'US', Buffer.of(15, 0)],
    [Tags.PixelRepresentation, 'US', Buffer.of(0, 0)],
    [Tags.PixelData, 'OW', Buffer.alloc(16)],
  ]);
}
