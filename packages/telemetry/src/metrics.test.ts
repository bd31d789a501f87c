import { describe, expect, it } from 'vitest';
import { TelemetryError } from './errors.ts';
import { createMetrics, renderSum } from './metrics.ts';

describe('metrics', () => {
  it('render as Prometheus reads them', async () => {
    const metrics = createMetrics();
    const stored = metrics.counter({
      name: 'stored_total',
      help: 'Stored.',
      labels: { outcome: ['success', 'failure'] },
    });
    stored.add(2, { outcome: 'success' });
    metrics.gauge({ name: 'in_flight_bytes', help: 'Bytes.' }).set(7);
    metrics.histogram({ name: 'commit_seconds', help: 'Commit.', buckets: [0.1, 1] }).observe(0.5);
    const text = await metrics.render();
    expect(text).toContain('sandyq_stored_total{outcome="success"} 2');
    expect(text).toContain('sandyq_in_flight_bytes 7');
    expect(text).toContain('sandyq_commit_seconds_bucket{le="1"} 1');
    expect(metrics.contentType).toMatch(/^text\/plain/);
  });

  it('take only the label values that were named', async () => {
    const metrics = createMetrics();
    const counter = metrics.counter({ name: 'reads_total', help: 'Reads.', labels: { outcome: ['ok'] } });
    // @ts-expect-error a value that is not in the set
    counter.add(1, { outcome: '1.2.826.0.1.3680043.8.498.1' });
    // @ts-expect-error a missing label
    counter.add(1);
    const text = await metrics.render();
    expect(text).toContain('sandyq_reads_total{outcome="other"} 2');
    expect(text).not.toContain('3680043');
  });

  it('are one when asked for again, with the union of label values', async () => {
    const metrics = createMetrics();
    metrics
      .counter({ name: 'requests_total', help: 'Requests.', labels: { route: ['/a'] } })
      .add(1, { route: '/a' });
    metrics
      .counter({ name: 'requests_total', help: 'Requests.', labels: { route: ['/b'] } })
      .add(1, { route: '/b' });
    const text = await metrics.render();
    expect(text).toContain('{route="/a"} 1');
    expect(text).toContain('{route="/b"} 1');
  });

  it('of several processes are added up, as they arrive by mail', async () => {
    const values = await Promise.all(
      [1, 2].map(async (count) => {
        const metrics = createMetrics({ processMetrics: true });
        const options = { name: 'requests_total', help: 'Requests.', labels: { route: ['/a'] } } as const;
        metrics.counter(options).add(count, { route: '/a' });
        metrics.histogram({ name: 'seconds', help: 'Seconds.', buckets: [1] }).observe(count);
        if (count === 2) metrics.gauge({ name: 'only_here', help: 'In one process.' }).set(7);
        return JSON.parse(JSON.stringify(await metrics.values()));
      }),
    );
    const text = await renderSum(values);
    expect(text).toContain('sandyq_requests_total{route="/a"} 3');
    expect(text).toContain('sandyq_seconds_bucket{le="1"} 1');
    expect(text).toContain('sandyq_seconds_count 2');
    expect(text).toContain('sandyq_only_here 7');
    expect(text).toContain('sandyq_process_resident_memory_bytes ');
  });

  it('refuse a second kind under one name, and bad names', () => {
    const metrics = createMetrics();
    metrics.counter({ name: 'a_total', help: 'A.' });
    expect(() => metrics.gauge({ name: 'a_total', help: 'A.' })).toThrow(
      expect.objectContaining({ constructor: TelemetryError, code: 'metric-conflict' }),
    );
    expect(() => metrics.gauge({ name: 'A-b', help: 'A.' })).toThrow(
      expect.objectContaining({ code: 'invalid-name' }),
    );
  });
});
