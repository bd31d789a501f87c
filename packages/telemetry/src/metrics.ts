/**
 * Metrics for Prometheus over prom-client, in an own registry. A label's values are a fixed set named when the metric is
 * made, so that no UID, name or path can become a label and the number of series is known in advance.
 */
import {
  AggregatorRegistry,
  collectDefaultMetrics,
  Counter as PromCounter,
  Gauge as PromGauge,
  Histogram as PromHistogram,
  Registry,
} from 'prom-client';
import { TelemetryError } from './errors.ts';

/** Label name → every value it can take. */
export type LabelSets = Readonly<Record<string, readonly string[]>>;

/** One value for each label. */
export type LabelsOf<L extends LabelSets> = { readonly [K in keyof L]: L[K][number] };

/** The label sets of a metric that has none. */
type NoLabels = Readonly<Record<string, never>>;

/** Arguments for labels: none for a metric without labels. */
type LabelArguments<L extends LabelSets> = string extends keyof L ? [] : [labels: LabelsOf<L>];

/** A number that only rises. */
export interface Counter<L extends LabelSets> {
  add(value: number, ...labels: LabelArguments<L>): void;
}
/** A number that rises and falls. */
export interface Gauge<L extends LabelSets> {
  set(value: number, ...labels: LabelArguments<L>): void;
  add(value: number, ...labels: LabelArguments<L>): void;
}
/** A distribution. */
export interface Histogram<L extends LabelSets> {
  observe(value: number, ...labels: LabelArguments<L>): void;
}

/** What a metric is: name in snake_case with its unit last (`segment_bytes_total`); `sandyq_` is put before it. */
export interface MetricOptions<L extends LabelSets> {
  readonly name: string;
  readonly help: string;
  readonly labels?: L;
}
/** A histogram also has the upper bounds of its buckets, ascending. */
export interface HistogramOptions<L extends LabelSets> extends MetricOptions<L> {
  readonly buckets: readonly number[];
}

/** The metrics of a process. Asking for a name again gives the same metric (its label values are then united). */
export interface Metrics {
  counter<const L extends LabelSets = NoLabels>(options: MetricOptions<L>): Counter<L>;
  gauge<const L extends LabelSets = NoLabels>(options: MetricOptions<L>): Gauge<L>;
  histogram<const L extends LabelSets = NoLabels>(options: HistogramOptions<L>): Histogram<L>;
  /** The exposition text. */
  render(): Promise<string>;
  /** The same as plain data, for {@link renderSum} in another process. */
  values(): Promise<MetricValues>;
  /** Media type of {@link Metrics.render}. */
  readonly contentType: string;
}

/** The metrics of a process as plain data: they can be sent. */
export type MetricValues = Awaited<ReturnType<Registry['getMetricsAsJSON']>>;

/** The exposition text of several processes together: sums, but means, bounds or nothing of what has no sum. */
export async function renderSum(processes: readonly MetricValues[]): Promise<string> {
  return AggregatorRegistry.aggregate([...processes]).metrics();
}

/** Stands for a label value that is not in the metric's set. */
export const OTHER_LABEL = 'other';

const NAME = /^[a-z][a-z0-9_]{0,80}$/;
const PREFIX = 'sandyq_';

/** Makes an empty registry; `processMetrics` adds CPU, memory, event loop and garbage collection of this process. */
export function createMetrics({ processMetrics = false }: { processMetrics?: boolean } = {}): Metrics {
  const registry = new Registry();
  if (processMetrics) collectDefaultMetrics({ register: registry, prefix: PREFIX });
  const kinds = new Map<string, string>();
  const counters = new Family<PromCounter>('counter', kinds);
  const gauges = new Family<PromGauge>('gauge', kinds);
  const histograms = new Family<PromHistogram>('histogram', kinds);
  const common = ({ name, help }: MetricOptions<LabelSets>, labelNames: string[]) => ({
    name: `${PREFIX}${name}`,
    help,
    labelNames,
    registers: [registry],
  });

  return {
    counter(options) {
      const { metric, labels } = counters.take(options, (names) => new PromCounter(common(options, names)));
      return { add: (value, given?: Given) => metric.inc(labels(given), value) };
    },
    gauge(options) {
      const { metric, labels } = gauges.take(options, (names) => new PromGauge(common(options, names)));
      return {
        set: (value, given?: Given) => metric.set(labels(given), value),
        add: (value, given?: Given) => metric.inc(labels(given), value),
      };
    },
    histogram(options) {
      const buckets = [...options.buckets];
      const make = (names: string[]) => new PromHistogram({ ...common(options, names), buckets });
      const { metric, labels } = histograms.take(options, make);
      return { observe: (value, given?: Given) => metric.observe(labels(given), value) };
    },
    render: () => registry.metrics(),
    values: () => registry.getMetricsAsJSON(),
    contentType: registry.contentType,
  };
}

/** Labels as they arrive: the types have checked them, the family checks them again. */
type Given = Readonly<Record<string, string>>;

/** A metric with the label values it takes. */
interface Member<M> {
  readonly metric: M;
  readonly values: ReadonlyMap<string, Set<string>>;
  /** The given labels, each value outside its set replaced by {@link OTHER_LABEL}. */
  readonly labels: (given: Given | undefined) => Record<string, string>;
}

/** All metrics of one kind, by name. */
class Family<M> {
  readonly #kind: string;
  readonly #kinds: Map<string, string>;
  readonly #members = new Map<string, Member<M>>();

  constructor(kind: string, kinds: Map<string, string>) {
    this.#kind = kind;
    this.#kinds = kinds;
  }

  take({ name, labels = {} }: MetricOptions<LabelSets>, make: (labelNames: string[]) => M): Member<M> {
    const known = this.#members.get(name);
    if (known !== undefined) {
      if (!sameNames(known.values, labels)) throw conflict(name);
      for (const [label, values] of known.values) for (const value of labels[label] ?? []) values.add(value);
      return known;
    }
    if (this.#kinds.has(name)) throw conflict(name);
    for (const word of [name, ...Object.keys(labels)]) if (!NAME.test(word)) throw invalidName(word);
    const values = new Map(Object.entries(labels).map(([label, list]) => [label, new Set(list)]));
    const member = {
      metric: make([...values.keys()]),
      values,
      labels: (given?: Given) => checked(values, given),
    };
    this.#kinds.set(name, this.#kind);
    this.#members.set(name, member);
    return member;
  }
}

function checked(values: ReadonlyMap<string, Set<string>>, given: Given = {}): Record<string, string> {
  const result: Record<string, string> = {};
  for (const [label, allowed] of values) {
    const value = given[label];
    result[label] = value !== undefined && allowed.has(value) ? value : OTHER_LABEL;
  }
  return result;
}

function sameNames(values: ReadonlyMap<string, unknown>, labels: LabelSets): boolean {
  const names = Object.keys(labels);
  return names.length === values.size && names.every((name) => values.has(name));
}

function conflict(name: string): TelemetryError {
  return new TelemetryError(
    'metric-conflict',
    `The metric ${name} exists with another kind or other labels.`,
  );
}

function invalidName(name: string): TelemetryError {
  return new TelemetryError(
    'invalid-name',
    `${JSON.stringify(name)} is no name for a metric or label: use snake_case.`,
  );
}
