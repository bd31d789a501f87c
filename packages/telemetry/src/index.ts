/** Log and metrics of every package and service. */
export { TelemetryError, type TelemetryErrorCode } from './errors.ts';
export { describeError, type LoggedError } from './log-error.ts';
export {
  type LogFields,
  type LogFieldsOf,
  type PlainValue,
  REFUSED,
  TEXT_FIELDS,
  type TextField,
} from './log-fields.ts';
export {
  createLogger,
  LOG_LEVELS,
  type LogDestination,
  type Logger,
  type LoggerOptions,
  type LogLevel,
  type LogLine,
  type LogMethod,
  recordingLogger,
  silentLogger,
} from './logger.ts';
export {
  type Counter,
  createMetrics,
  type Gauge,
  type Histogram,
  type HistogramOptions,
  type LabelSets,
  type LabelsOf,
  type MetricOptions,
  type Metrics,
  type MetricValues,
  OTHER_LABEL,
  renderSum,
} from './metrics.ts';
