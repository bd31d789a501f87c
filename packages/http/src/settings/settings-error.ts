/** Everything that is wrong with the settings, told at once. */

/** One fault. */
export interface SettingFault {
  readonly name: string;
  /** What is wrong and what would be right; never the value of a secret. */
  readonly problem: string;
  /** `NAME=value` to copy. */
  readonly example: string;
}

/** Settings the archive can't start with; the message lists every fault with an example. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError';
  readonly code = 'invalid-settings';
  readonly faults: readonly SettingFault[];

  constructor(faults: readonly SettingFault[]) {
    const lines = faults.map(({ name, problem, example }) => `  ${name} ${problem}. Example: ${example}`);
    super(
      `${faults.length === 1 ? 'A setting is' : `${faults.length} settings are`} wrong:\n${lines.join('\n')}`,
    );
    this.faults = faults;
  }
}
