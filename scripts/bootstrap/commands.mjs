/** Which file, relative to the repository's root, runs which command. */
export const COMMANDS = new Map([
  ['start', 'services/standalone/src/main.ts'],
  ['start:ingest', 'services/ingest/src/main.ts'],
  ['start:index', 'services/index/src/main.ts'],
  ['start:retrieval', 'services/retrieval/src/main.ts'],
  ['admin', 'scripts/admin.ts'],
  ['retention', 'scripts/retention.ts'],
  ['import', 'scripts/import.ts'],
  ['rebuild-index', 'scripts/rebuild-index.ts'],
  ['fixity', 'scripts/fixity.ts'],
  ['check', 'scripts/check.ts'],
  ['test', 'scripts/test.ts'],
  ['bench', 'test/performance/bench.ts'],
]);
