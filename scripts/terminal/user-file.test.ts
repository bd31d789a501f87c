import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createUserFile, readUserFile, readUserText, userTextPieces } from './user-file.ts';
import { UserFileError } from './user-path.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'sandyq-user-file-'));
  await mkdir(path.join(folder, 'a-folder'));
  await writeFile(path.join(folder, 'text'), '\uFEFFШығыс\n');
  await writeFile(path.join(folder, 'latin'), Buffer.from('Sch\xe4fer\n', 'latin1'));
});
afterAll(() => rm(folder, { recursive: true }));

async function joined(pieces: AsyncIterable<string>): Promise<string> {
  let text = '';
  for await (const piece of pieces) text += piece;
  return text;
}

const waysToRead = {
  readUserFile: async (file: string) => (await readUserFile(file)).toString().replace('\uFEFF', ''),
  readUserText,
  userTextPieces: (file: string) => joined(userTextPieces(file)),
};

describe.each(Object.entries(waysToRead))('%s', (_, read) => {
  it('reads what is there', async () => {
    expect(await read(path.join(folder, 'text'))).toBe('Шығыс\n');
  });

  it.each([
    ['nothing', 'there is no such file. Look at the path'],
    ['a-folder', 'it is a folder. Name a file in it'],
    ['text/nothing', 'there is no such file. Look at the path'],
  ])('says what is wrong with %s', async (file, why) => {
    const error = await read(path.join(folder, file)).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(UserFileError);
    expect(error).toMatchObject({ message: `The file ${path.join(folder, file)} cannot be read: ${why}.` });
  });
});

it.each([waysToRead.readUserText, waysToRead.userTextPieces])('takes no text but UTF-8: %o', async (read) => {
  await expect(read(path.join(folder, 'latin'))).rejects.toThrow('it is not UTF-8. Save it as UTF-8');
});

describe('createUserFile', () => {
  it('makes a new file', async () => {
    const created = await createUserFile(path.join(folder, 'new'));
    await created.writeFile('text');
    await created.close();
    expect(await readFile(path.join(folder, 'new'), 'utf8')).toBe('text');
  });

  it.each([
    ['text', 'there is one already. Name another, or remove it'],
    ['nowhere/new', 'its folder does not exist. Make it first'],
    ['text/new', 'its folder is a file. Name another'],
  ])('says what is wrong with %s, and leaves what is there', async (file, why) => {
    await expect(createUserFile(path.join(folder, file))).rejects.toThrow(
      `The file ${path.join(folder, file)} cannot be written: ${why}.`,
    );
    expect(await readFile(path.join(folder, 'text'), 'utf8')).toBe('\uFEFFШығыс\n');
  });
});
