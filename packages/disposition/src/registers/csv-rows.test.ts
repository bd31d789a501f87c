import { describe, expect, it } from 'vitest';
import { csvRows } from './csv-rows.ts';

async function* inPieces(text: string, size: number): AsyncGenerator<string> {
  for (let at = 0; at < text.length; at += size) yield text.slice(at, at + size);
}

async function rowsOf(text: string, size = 1_000, columns = ['a', 'b']) {
  const rows = [];
  for await (const row of csvRows(inPieces(text, size), columns)) rows.push(row);
  return rows;
}

describe('CSV', () => {
  it.each([1, 3, 1_000])('is read in pieces of %i, quoted fields over several lines too', async (size) => {
    const text = '\uFEFFB,A\r\n1,2\r\n\r\n"x, ""y""\nz",\n"",last';
    expect(await rowsOf(text, size)).toEqual([
      { lineNumber: 2, cells: { a: '2', b: '1' } },
      { lineNumber: 4, cells: { a: '', b: 'x, "y"\nz' } },
      { lineNumber: 6, cells: { a: 'last', b: '' } },
    ]);
  });

  it('has nothing after its header', async () => {
    expect(await rowsOf('a,b,c\n')).toEqual([]);
  });

  it.each([
    ['', 'Line 1 of the file must be a header with a, b.'],
    ['a;b\n', 'Line 1 of the file must name the column a, b, separated by commas.'],
    ['a,c\n', 'Line 1 of the file must name the column b.'],
    ['a,b\n1\n', 'Line 2 of the file has 1 fields, and the header 2.'],
    ['a,b\n1,2,3\n', 'Line 2 of the file has 3 fields, and the header 2.'],
    ['a,b\n1,2\n"1,2\n3', 'Line 3 of the file has a quote that is not closed.'],
    ['a,b\n1"2",3\n', 'Line 2 of the file has a quote within a field.'],
  ])('is refused: %j', async (text, message) => {
    await expect(rowsOf(text, 50)).rejects.toMatchObject({ code: 'bad-input', message });
  });

  it('keeps no endless row', async () => {
    const lines = `a,b\n"${'2222222222\n'.repeat(1_000)}",1\n`;
    await expect(rowsOf(lines, 50)).rejects.toMatchObject({
      message: 'Line 2 of the file is longer than 10000 characters.',
    });
  });

  it('keeps no endless line', async () => {
    await expect(rowsOf(`a,b\n${'2'.repeat(20_000)}`)).rejects.toMatchObject({ code: 'bad-input' });
  });
});
