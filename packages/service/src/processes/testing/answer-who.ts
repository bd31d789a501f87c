/** What serves in tests of several processes. */
import type { RequestListener } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Metrics } from '@sandyq/telemetry';
import type { Peers } from '../peers.ts';

/**
 * Answers the process's number; `/metrics` the metrics of all; `/holds/N` reserves N bytes; `/held` what others have reserved; `/slow` takes
 * half a second.
 */
export function answerWho(metrics: Metrics, peers: Peers): RequestListener {
  const answered = metrics.counter({ name: 'answered_total', help: 'Answers.' });
  const answerTo = async (what: string | undefined, number: string | undefined): Promise<string> => {
    answered.add(1);
    if (what === 'holds') peers.holds(Number(number));
    if (what === 'slow') await sleep(500);
    if (what === 'metrics') return peers.renderMetrics();
    return JSON.stringify({ pid: process.pid, ...(what === 'held' && { held: peers.heldElsewhere() }) });
  };
  return ({ url = '' }, response) => {
    const [, what, number] = url.split('/');
    void answerTo(what, number).then((text) => response.end(text));
  };
}
