/** Databases of archives that are started as processes. */
export { dropDatabase, makeDatabase } from '@sandyq/database/testing';
