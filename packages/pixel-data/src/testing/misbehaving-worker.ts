/** A thread for tests of the pool: does what the message says, good or bad. */
import { parentPort } from 'node:worker_threads';

const kept: unknown[] = [];

parentPort?.on('message', (wish: unknown) => {
  if (wish === 'hang') for (;;) kept.length = 0;
  if (wish === 'exit') process.exit(3);
  if (wish === 'throw') throw new Error('a codec that throws');
  if (wish === 'reject') void Promise.reject(new Error('a codec that rejects'));
  else if (wish === 'eat memory') for (;;) kept.push(Array.from({ length: 10_000 }, () => ({ kept })));
  else parentPort?.postMessage({ echo: wish }, []);
});
