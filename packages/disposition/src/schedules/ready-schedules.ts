/** The schedules that come with the archive. None is in force before somebody proposes it and another adopts it. */
import { readdir, readFile } from 'node:fs/promises';
import { parseSchedule, type RetentionSchedule, readySchedulesFolder } from '@sandyq/retention';

/** One of them. */
export interface ReadySchedule {
  readonly text: string;
  readonly rules: RetentionSchedule;
}

const EXTENSION = '.yaml';

/** All, by name. */
export async function readySchedules(): Promise<ReadySchedule[]> {
  const files = (await readdir(readySchedulesFolder)).filter((file) => file.endsWith(EXTENSION)).sort();
  return Promise.all(files.map((file) => readReady(file)));
}

/** The one of this name; undefined: there is none. */
export async function findReadySchedule(name: string): Promise<ReadySchedule | undefined> {
  return (await readySchedules()).find(({ rules }) => rules.schedule === name);
}

async function readReady(file: string): Promise<ReadySchedule> {
  const text = await readFile(new URL(file, readySchedulesFolder), 'utf8');
  return { text, rules: parseSchedule(text) };
}
