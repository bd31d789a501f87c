/** A first process for tests: writes the number of its one worker, then waits to be killed. Run by serving-processes.test.ts. */
import { join } from 'node:path';
import { WorkerChild } from '../worker-child.ts';

const worker = await WorkerChild.start(
  { file: join(import.meta.dirname, 'worker.ts'), environment: process.env },
  {
    onMessage: ({ kind }) => {
      if (kind === 'serving') process.stdout.write(`${worker.pid}\n`);
    },
    onEnd: () => undefined,
  },
);
