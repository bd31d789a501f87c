import { Command } from 'commander';
import { expect, it } from 'vitest';
import { type PageOptions, showPage, withPages } from './pages.ts';

const IDS = ['01a20439-0000-7000-8000-000000000001', '01a20439-0000-7000-8000-000000000002'] as const;

interface Row {
  readonly id: string;
  readonly size: number;
}

async function shown(args: readonly string[], rows: readonly Row[]) {
  const said = { printed: '', noted: '', after: undefined as unknown };
  const terminal = {
    print: (text: string) => void (said.printed += text),
    note: (text: string) => void (said.noted += text),
  };
  const command = withPages(new Command('list'), 'after')
    .exitOverride()
    .configureOutput({ writeErr: () => undefined })
    .action((options: PageOptions & { readonly after?: string }) => {
      said.after = options.after;
      showPage(terminal, options, {
        name: 'things',
        rows: rows.slice(0, options.limit),
        next: 'after',
        idOf: (row) => row.id,
        describe: (row) => row,
        columns: [
          ['ID', (row) => row.id],
          ['SIZE', (row) => row.size],
        ],
      });
    });
  await command.parseAsync(args, { from: 'user' });
  return said;
}

const ROWS = IDS.map((id, index) => ({ id, size: index * 100 }));

it('shows rows under the heads of their columns', async () => {
  const { printed, noted } = await shown([], ROWS);
  expect(printed).toBe(`ID${' '.repeat(36)}SIZE\n${IDS[0]}     0\n${IDS[1]}   100`);
  expect(noted).toBe('');
});

it('says how to get the next page of a full one, in JSON too', async () => {
  const { printed, noted } = await shown(['--limit', '1', '--json'], ROWS);
  expect(JSON.parse(printed)).toEqual({ things: [ROWS[0]], next: IDS[0] });
  expect(noted).toBe(`There may be more: --after ${IDS[0]}`);
  expect(await shown(['--after', IDS[0]], ROWS)).toMatchObject({ after: IDS[0], noted: '' });
});

it('says None. of an empty list', async () => {
  expect((await shown([], [])).printed).toBe('None.');
});

it('takes no cursor but an id', async () => {
  await expect(shown(['--after', 'nonsense'], ROWS)).rejects.toThrow('It must be an id');
});
