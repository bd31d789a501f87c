/** A worker for tests: answers who it is, and what it knows of the others. Run by serving-processes.test.ts. */
import { serveConnections } from '@sandyq/http';
import { createMetrics } from '@sandyq/telemetry';
import { openWorkerLink } from '../worker-link.ts';
import { answerWho } from './answer-who.ts';

const metrics = createMetrics();
const link = openWorkerLink(metrics);
const server = serveConnections(answerWho(metrics, link.peers), { maxConnections: 100, metrics });
process.once('SIGTERM', () => void server.close().then(() => process.exit(0)));
link.serve((connection) => server.take(connection));
