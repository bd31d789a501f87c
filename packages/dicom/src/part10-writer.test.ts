import { describe, expect, it } from 'vitest';
import { element, part10 } from '../test-support/encode.ts';
import { readPart10 } from './part10-reader.ts';
import {
  implementationClassUid,
  implementationVersionName,
  rewriteFileMeta,
  writeFileMeta,
} from './part10-writer.ts';
import { Tags } from './tag.ts';
import { TransferSyntaxes } from './transfer-syntax.ts';
import { isWellFormedUid } from './uid.ts';
import { intOf, stringOf, uidOf } from './values.ts';

const meta = {
  sopClassUid: '1.2.840.10008.5.1.4.1.1.2',
  sopInstanceUid: '1.2.3.4',
  transferSyntaxUid: TransferSyntaxes.ExplicitVRLittleEndian.uid,
};

/** The meta information of a file that begins so. */
function read(bytes: Uint8Array) {
  const file = readPart10(bytes);
  if (file.meta === undefined) throw new Error('file meta information expected');
  return { meta: file.meta, file };
}

describe('writeFileMeta', () => {
  it('writes what PS3.10 §7.1 wants, in order, with the right group length', () => {
    const bytes = writeFileMeta(meta);
    const { meta: written, file } = read(bytes);
    expect(file.preamble).toBe(true);
    expect(file.warnings).toEqual([]);
    expect(file.dataSetOffset).toBe(bytes.length);
    expect([...written.elements.keys()]).toEqual([
      Tags.FileMetaInformationGroupLength,
      Tags.FileMetaInformationVersion,
      Tags.MediaStorageSOPClassUID,
      Tags.MediaStorageSOPInstanceUID,
      Tags.TransferSyntaxUID,
      Tags.ImplementationClassUID,
      Tags.ImplementationVersionName,
    ]);
    expect(intOf(written, Tags.FileMetaInformationGroupLength)).toBe(bytes.length - 128 - 4 - 12);
    expect([...(written.elements.get(Tags.FileMetaInformationVersion)?.value ?? [])]).toEqual([0, 1]);
    expect(uidOf(written, Tags.MediaStorageSOPClassUID)).toBe(meta.sopClassUid);
    expect(uidOf(written, Tags.MediaStorageSOPInstanceUID)).toBe(meta.sopInstanceUid);
    expect(uidOf(written, Tags.TransferSyntaxUID)).toBe(meta.transferSyntaxUid);
    expect(uidOf(written, Tags.ImplementationClassUID)).toBe(implementationClassUid);
    expect(stringOf(written, Tags.ImplementationVersionName)).toBe(implementationVersionName);
  });

  it('pads UIDs of odd length with NUL', () => {
    const value = read(writeFileMeta(meta)).meta.elements.get(Tags.MediaStorageSOPInstanceUID)?.value;
    expect([...(value ?? [])]).toEqual([...Buffer.from('1.2.3.4\0')]);
  });

  it('names a writer within the limits of UI and SH', () => {
    expect(isWellFormedUid(implementationClassUid)).toBe(true);
    expect(implementationVersionName.length).toBeLessThanOrEqual(16);
  });
});

describe('rewriteFileMeta', () => {
  const earlier = read(
    part10(Buffer.alloc(0), TransferSyntaxes.ExplicitVRBigEndian.uid, [
      element(Tags.MediaStorageSOPClassUID, 'UI', ''),
      element(Tags.MediaStorageSOPInstanceUID, 'UI', '9.8.7.66'),
      element(Tags.ImplementationClassUID, 'UI', '1.2.3\0'),
      element(Tags.SourceApplicationEntityTitle, 'AE', 'CT_ROOM_1 '),
    ]),
  ).meta;

  it('keeps where the instance came from, but not who wrote the file and how', () => {
    const { meta: written } = read(rewriteFileMeta(earlier, meta));
    expect(stringOf(written, Tags.SourceApplicationEntityTitle)).toBe('CT_ROOM_1');
    expect(uidOf(written, Tags.MediaStorageSOPInstanceUID)).toBe('9.8.7.66');
    expect(uidOf(written, Tags.TransferSyntaxUID)).toBe(meta.transferSyntaxUid);
    expect(uidOf(written, Tags.ImplementationClassUID)).toBe(implementationClassUid);
  });

  it('fills in a UID that was empty', () => {
    const { meta: written } = read(rewriteFileMeta(earlier, meta));
    expect(uidOf(written, Tags.MediaStorageSOPClassUID)).toBe(meta.sopClassUid);
  });

  it('leaves out UIDs that nobody knows', () => {
    const { meta: written } = read(
      rewriteFileMeta(undefined, { transferSyntaxUid: TransferSyntaxes.ImplicitVRLittleEndian.uid }),
    );
    expect(written.elements.has(Tags.MediaStorageSOPClassUID)).toBe(false);
  });
});
