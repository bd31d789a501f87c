/**
 * Loaded before an archive process (`node --import`): its wall clock is moved by as many milliseconds as the file
 * TEST_CLOCK_FILE says, looked at all the time. Clocks that never go back are left alone, as somebody who sets the date
 * leaves them.
 */
import { readFileSync } from 'node:fs';

const LOOK_MS = 25;
const file = process.env['TEST_CLOCK_FILE'] ?? '';
const SystemDate = Date;
let movedMs = readMoved();
setInterval(() => {
  movedMs = readMoved();
}, LOOK_MS).unref();

globalThis.Date = new Proxy(SystemDate, {
  construct: (_date, given, newTarget) =>
    Reflect.construct(SystemDate, given.length === 0 ? [SystemDate.now() + movedMs] : given, newTarget),
  apply: () => new SystemDate(SystemDate.now() + movedMs).toString(),
  get: (_date, name, receiver) =>
    name === 'now' ? () => SystemDate.now() + movedMs : Reflect.get(SystemDate, name, receiver),
});

function readMoved(): number {
  // Half written is not a number: then the clock is right for a moment.
  return Number(readFileSync(file, 'utf8')) || 0;
}
