/** For tests of other packages: a database of their own. */
export { type FakeInstance, type FakeSegment, segmentCommit } from './segment-commits.ts';
export { createTestDatabase, type TestDatabase, testServerUrl } from './test-database.ts';
