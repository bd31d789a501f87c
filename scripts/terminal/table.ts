/** Rows for people: a table whose columns line up, or names with values. */

/** A cell; undefined shows as `-`. */
export type Cell = string | number | undefined;

/** Lines of a table with a head; numbers stand to the right. `None.` without rows. */
export function table(head: readonly string[], rows: readonly (readonly Cell[])[]): string {
  if (rows.length === 0) return 'None.';
  const cells = [head, ...rows.map((row) => row.map(shown))];
  const widths = head.map((_, column) => Math.max(...cells.map((row) => widthOf(row[column] ?? ''))));
  const isRight = head.map((_, column) => rows.every((row) => typeof row[column] === 'number'));
  const line = (row: readonly string[]) =>
    widths
      .map((width, column) => padded(row[column] ?? '', width, isRight[column] === true))
      .join('  ')
      .trimEnd();
  return cells.map(line).join('\n');
}

/** Lines of `name  value`; those without a value are left out. */
export function details(pairs: readonly (readonly [name: string, value: Cell])[]): string {
  const present = pairs.filter(([, value]) => value !== undefined && value !== '');
  const width = Math.max(0, ...present.map(([name]) => widthOf(name)));
  return present.map(([name, value]) => `${padded(name, width, false)}  ${shown(value)}`).join('\n');
}

function shown(cell: Cell): string {
  return cell === undefined || cell === '' ? '-' : String(cell);
}

function padded(text: string, width: number, isRight: boolean): string {
  const padding = ' '.repeat(Math.max(0, width - widthOf(text)));
  return isRight ? padding + text : text + padding;
}

/** Columns on a terminal: East Asian wide characters take two, combining marks none. */
function widthOf(text: string): number {
  let width = 0;
  for (const character of text) {
    if (/\p{Mn}/u.test(character)) continue;
    width +=
      /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]/.test(
        character,
      )
        ? 2
        : 1;
  }
  return width;
}
