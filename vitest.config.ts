import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    pool: 'threads',
    // Runs once for all projects.
    globalSetup: ['test/support/global-setup.ts'],
    // Against what hangs; no promise of speed, and slow machines are slow.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // End-to-end tests wait for a third of their time: one worker more than there are cores keeps these busy.
    maxWorkers: availableParallelism() + 1,
    projects: [
      { extends: true, test: { name: 'unit', include: ['{packages,services,scripts}/**/*.test.ts'] } },
      {
        extends: true,
        test: { name: 'end-to-end', include: ['test/**/*.test.ts'], pool: 'forks', testTimeout: 300_000 },
      },
    ],
  },
});
