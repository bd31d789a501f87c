/** How values of PostgreSQL are read. */
import pg from 'pg';

/** PostgreSQL's type numbers (pg_type.oid) of int8 and date. */
const INT8 = 20;
const DATE = 1082;

export const valueTypes = new pg.TypeOverrides();
// `bigint` columns are our surrogate keys and counts: far below 2^53, read as numbers. Days stay `YYYY-MM-DD`.
valueTypes.setTypeParser(INT8, Number);
valueTypes.setTypeParser(DATE, (text) => text);
