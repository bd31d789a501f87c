/** Errors of this package. They are programming mistakes found at start: nothing here fails while serving. */

/** What can be wrong: a metric or label name that Prometheus refuses, or one name registered as two kinds. */
export type TelemetryErrorCode = 'invalid-name' | 'metric-conflict';

/** An error of this package; the message names the metric. */
export class TelemetryError extends Error {
  override readonly name = 'TelemetryError';
  readonly code: TelemetryErrorCode;

  constructor(code: TelemetryErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
