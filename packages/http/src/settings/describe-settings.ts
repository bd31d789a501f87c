/** The table of settings as documentation, and the settings of a process as lines to print. */
import type { Settings } from './read-settings.ts';
import { aboutSetting, settingsTable } from './settings-table.ts';

/** docs/settings.md, made from the table. */
export function describeSettings(): string {
  const sections = Object.entries(settingsTable).map(
    ([title, settings]) => `## ${title}\n\n${tableOf(Object.keys(settings))}`,
  );
  return `${INTRODUCTION}\n${sections.join('\n')}`;
}

/** The settings in force, one `name=value` a line, secrets as stars. */
export function showSettings(settings: Settings): string {
  return Object.entries(settings)
    .map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join('\n');
}

const INTRODUCTION = `# Settings

Settings come from the environment. They are read once, at start, and all faults are reported together: the name, what is wrong,
and an example. An empty text counts as not set. Secrets print as stars. A name that begins with \`SANDYQ_\` and is not in these
tables gives a warning.

Sizes are in bytes, or a whole number with KiB, MiB, GiB or TiB. Paths may be relative to the folder the archive is started in.

<!-- Made from packages/http/src/settings/settings-table.ts; a test compares. -->
`;

function tableOf(names: readonly string[]): string {
  const rows = names.map((name) => {
    const entry = aboutSetting(name);
    const otherwise = entry?.default === undefined ? (entry?.unset ?? '') : `\`${entry.default}\``;
    return [`\`${name}\``, otherwise, entry?.about ?? '', `\`${entry?.example ?? ''}\``];
  });
  return aligned([['Setting', 'Default', 'Meaning', 'Example'], ...rows]);
}

/** A Markdown table whose columns line up, as the formatter wants it; the first row is the head. */
function aligned(rows: readonly (readonly string[])[]): string {
  const [head = [], ...body] = rows;
  const widths = head.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]) =>
    `| ${widths.map((width, column) => (cells[column] ?? '').padEnd(width)).join(' | ')} |\n`;
  return [head, widths.map((width) => '-'.repeat(width)), ...body].map(line).join('');
}
