/** Files that a person names at the terminal: what is wrong with one is said with its path, and with what to do. */
import { createReadStream } from 'node:fs';
import { type FileHandle, open, readFile, stat } from 'node:fs/promises';
import { UserFileError, userPath } from './user-path.ts';

/** Most bytes of a file that is read at once: the longest certificate is far shorter. */
const MOST_BYTES = 64 * 1024 * 1024;

const READING: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file. Look at the path',
  ENOTDIR: 'there is no such file. Look at the path',
  EISDIR: 'it is a folder. Name a file in it',
  EACCES: 'you may not read it. Have its permissions changed, or copy it',
};

const WRITING: Readonly<Record<string, string>> = {
  EEXIST: 'there is one already. Name another, or remove it',
  ENOENT: 'its folder does not exist. Make it first',
  ENOTDIR: 'its folder is a file. Name another',
  EACCES: 'you may not write there. Name another folder',
};

/** All bytes of a file. Throws UserFileError. */
export async function readUserFile(typed: string): Promise<Buffer> {
  const file = userPath(typed);
  try {
    if ((await stat(file)).size > MOST_BYTES)
      throw unreadable(file, 'it is too long to be what is asked for');
    return await readFile(file);
  } catch (error) {
    throw asUserFileError(error, (why) => unreadable(file, why), READING);
  }
}

/** All of a file's text, which must be UTF-8. Throws UserFileError. */
export async function readUserText(typed: string): Promise<string> {
  const bytes = await readUserFile(typed);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    throw asUserFileError(error, (why) => unreadable(userPath(typed), why), READING);
  }
}

/** A file's text in pieces, however long it is; it must be UTF-8. Throws UserFileError. */
export async function* userTextPieces(typed: string): AsyncGenerator<string, void, undefined> {
  const file = userPath(typed);
  const decoder = new TextDecoder('utf-8', { fatal: true });
  try {
    for await (const piece of createReadStream(file)) yield decoder.decode(piece, { stream: true });
    yield decoder.decode();
  } catch (error) {
    throw asUserFileError(error, (why) => unreadable(file, why), READING);
  }
}

/** A new file, open for writing; one that is there is never overwritten. Throws UserFileError. */
export async function createUserFile(typed: string): Promise<FileHandle> {
  const file = userPath(typed);
  try {
    return await open(file, 'wx');
  } catch (error) {
    throw asUserFileError(
      error,
      (why) => new UserFileError(`The file ${file} cannot be written: ${why}.`),
      WRITING,
    );
  }
}

function unreadable(file: string, why: string): UserFileError {
  return new UserFileError(`The file ${file} cannot be read: ${why}.`);
}

/** What else is thrown is none of the file's. */
function asUserFileError(
  error: unknown,
  refused: (why: string) => UserFileError,
  words: Readonly<Record<string, string>>,
): unknown {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return error;
  if (error.code === 'ERR_ENCODING_INVALID_ENCODED_DATA')
    return refused('it is not UTF-8. Save it as UTF-8 and try again');
  return 'syscall' in error ? refused(words[error.code] ?? error.message) : error;
}
