/** A program that logs and ends as its argument says: `end`, `exit`, `throw`, or `stay` for those who end it. */
import { createLogger } from '../logger.ts';

const logger = createLogger({ name: 'test' });
logger.info('first');
logger.info('last');
const [, , way] = process.argv;
if (way === 'exit') process.exit(3);
if (way === 'throw') throw new Error('a mistake');
if (way === 'stay') setTimeout(() => undefined, 60_000);
