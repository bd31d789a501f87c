/** The records that a zip file has for one of its files (APPNOTE 6.3.10 §4.3.7, §4.3.9, §4.3.12), within ISO/IEC 21320-1. */

/** What is known of a file once its bytes have been written. */
export interface WrittenFile {
  /** Path inside the zip file, with slashes. */
  readonly name: Buffer;
  /** Of the first byte of its local header. */
  readonly offset: number;
  readonly crc32: number;
  readonly length: number;
  readonly storedLength: number;
  /** Whether its local header and descriptor have 64-bit lengths. */
  readonly isLarge: boolean;
}

/** Largest that 32 bits can say; the value itself means "see the zip64 field". */
export const LARGEST_32 = 0xffffffff;

const LOCAL = 0x04034b50;
const CENTRAL = 0x02014b50;
const DESCRIPTOR = 0x08074b50;
const ZIP64_FIELD = 0x0001;

/** Lengths and CRC follow the data; the name is UTF-8. */
const FLAGS = 0x0808;
const DEFLATE = 8;
const VERSION = 20;
const VERSION_ZIP64 = 45;
const MADE_BY_UNIX = 3 << 8;
/** 1980-01-01 00:00, always: the same instances give the same bytes. */
const DOS_DATE = 0x0021;
/** A regular file that its owner may write and anyone may read. */
const UNIX_MODE = 0o100644;

/** Stands before the data of a file. */
export function localHeader(name: Buffer, isLarge: boolean): Buffer {
  const extra = isLarge ? zip64Field([0, 0]) : Buffer.alloc(0);
  const header = Buffer.alloc(30);
  header.writeUInt32LE(LOCAL, 0);
  header.writeUInt16LE(isLarge ? VERSION_ZIP64 : VERSION, 4);
  writeCommon(header.subarray(6));
  header.writeUInt32LE(isLarge ? LARGEST_32 : 0, 18);
  header.writeUInt32LE(isLarge ? LARGEST_32 : 0, 22);
  header.writeUInt16LE(name.length, 26);
  header.writeUInt16LE(extra.length, 28);
  return Buffer.concat([header, name, extra]);
}

/** Follows the data of a file. */
export function dataDescriptor({ crc32, length, storedLength, isLarge }: WrittenFile): Buffer {
  const descriptor = Buffer.alloc(isLarge ? 24 : 16);
  descriptor.writeUInt32LE(DESCRIPTOR, 0);
  descriptor.writeUInt32LE(crc32, 4);
  if (isLarge) {
    descriptor.writeBigUInt64LE(BigInt(storedLength), 8);
    descriptor.writeBigUInt64LE(BigInt(length), 16);
  } else {
    descriptor.writeUInt32LE(storedLength, 8);
    descriptor.writeUInt32LE(length, 12);
  }
  return descriptor;
}

/** The file's entry in the directory at the end. */
export function centralHeader({ name, offset, crc32, length, storedLength, isLarge }: WrittenFile): Buffer {
  const long = [length, storedLength, offset].filter((value) => value >= LARGEST_32);
  const extra = long.length === 0 ? Buffer.alloc(0) : zip64Field(long);
  const header = Buffer.alloc(46);
  header.writeUInt32LE(CENTRAL, 0);
  header.writeUInt16LE(MADE_BY_UNIX | VERSION_ZIP64, 4);
  header.writeUInt16LE(isLarge || long.length > 0 ? VERSION_ZIP64 : VERSION, 6);
  writeCommon(header.subarray(8));
  header.writeUInt32LE(crc32, 16);
  header.writeUInt32LE(Math.min(storedLength, LARGEST_32), 20);
  header.writeUInt32LE(Math.min(length, LARGEST_32), 24);
  header.writeUInt16LE(name.length, 28);
  header.writeUInt16LE(extra.length, 30);
  header.writeUInt32LE((UNIX_MODE << 16) >>> 0, 38);
  header.writeUInt32LE(Math.min(offset, LARGEST_32), 42);
  return Buffer.concat([header, name, extra]);
}

/** Flags, method, time and date. */
function writeCommon(at: Buffer): void {
  at.writeUInt16LE(FLAGS, 0);
  at.writeUInt16LE(DEFLATE, 2);
  at.writeUInt16LE(0, 4);
  at.writeUInt16LE(DOS_DATE, 6);
}

function zip64Field(values: readonly number[]): Buffer {
  const field = Buffer.alloc(4 + 8 * values.length);
  field.writeUInt16LE(ZIP64_FIELD, 0);
  field.writeUInt16LE(8 * values.length, 2);
  for (const [index, value] of values.entries()) field.writeBigUInt64LE(BigInt(value), 4 + 8 * index);
  return field;
}
