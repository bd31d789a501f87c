/** For tests of other packages: a database of their own. */
export { dropDatabase, makeDatabase } from './databases.ts';
export { journalLines, makeCorrection, makeQuarantined, pretendExported } from './kept-back.ts';
export { People, type StudyOfPerson } from './people.ts';
export { connectTo, throughPort } from './postgres-address.ts';
export { type FakeInstance, type FakeSegment, segmentCommit } from './segment-commits.ts';
export { createTestDatabase, makeTemplate, type TestDatabase, testServerUrl } from './test-database.ts';
