/** Tables on standard error, where the reporter of the test run leaves them alone. */

/** Prints names and values in two columns. */
export function printTable(rows: readonly (readonly [name: string, value: string | number])[]): void {
  const width = Math.max(...rows.map(([name]) => name.length));
  const lines = rows.map(([name, value]) => `  ${name.padEnd(width)}  ${value}`);
  process.stderr.write(`\n${lines.join('\n')}\n\n`);
}
