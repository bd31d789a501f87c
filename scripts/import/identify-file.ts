/** The SOP Instance UID of a file, read from its beginning, so that the archive's verdicts find their file. */
import { open } from 'node:fs/promises';
import { DicomError, Part10Reader } from '@sandyq/dicom';

/** Read in pieces of this size; most files name their UIDs in the first. */
const PIECE_BYTES = 64 * 1024;
/** A file that has not named its UIDs until here is sent alone. */
const MAX_BYTES = 8 * 1024 * 1024;

/** Undefined for what is no DICOM file, or names no UIDs: the archive says what it thinks of it. Throws system errors. */
export async function sopInstanceUidOf(path: string): Promise<string | undefined> {
  const file = await open(path, 'r');
  try {
    const reader = new Part10Reader();
    for (let position = 0; position < MAX_BYTES; ) {
      const piece = Buffer.allocUnsafe(PIECE_BYTES);
      const { bytesRead } = await file.read(piece, 0, PIECE_BYTES, position);
      if (bytesRead === 0) return undefined;
      reader.push(piece.subarray(0, bytesRead));
      if (reader.identification !== undefined) return reader.identification.sopInstanceUid;
      position += bytesRead;
    }
    return undefined;
  } catch (error) {
    if (error instanceof DicomError) return undefined;
    throw error;
  } finally {
    await file.close();
  }
}
