/** HTTP for every service: settings, routes with permissions, answers, probes, listening, stopping. */
export { AdmissionControl, type AdmissionOptions, type Reservation } from './admission.ts';
export { type Answer, type AnswerHeaders, discardAnswer, jsonAnswer } from './answer.ts';
export { type AppOptions, createApp } from './app.ts';
export { acceptsGzip } from './content-coding.ts';
export { OpenContext, RequestContext } from './context.ts';
export { type ErrorAnswer, errorTable, mapError } from './error-mapping.ts';
export {
  HttpError,
  type HttpErrorCode,
  type HttpErrorOptions,
  StartError,
  type StartErrorCode,
} from './errors.ts';
export { Places } from './places.ts';
export { type ProbeOptions, probeRoutes, type ReadinessCheck } from './probes.ts';
export { problemAnswer } from './problem.ts';
export { readJson } from './read-json.ts';
export {
  assertEveryRouteHasRule,
  type GuardedRoute,
  isOpenRoute,
  METHODS,
  type Method,
  type OpenRoute,
  type Params,
  type Route,
  type RouteResource,
} from './route.ts';
export { type RunningService, type RunServiceOptions, runService } from './run-service.ts';
export { type SendOutcome, type StreamHead, sendStream } from './send-stream.ts';
export { type RunningServer, type ServeOptions, serve } from './serve.ts';
export { type ConnectionServer, serveConnections } from './serve-connections.ts';
export type { ColdTierSettings } from './settings/cold-tier-of.ts';
export { describeSettings, showSettings } from './settings/describe-settings.ts';
export {
  type DatabaseSettings,
  type Environment,
  type ObjectStoreSettings,
  readSettings,
  type Settings,
  unknownSettings,
} from './settings/read-settings.ts';
export type { S3Settings } from './settings/s3-settings.ts';
export { Secret } from './settings/secret.ts';
export { type SettingFault, SettingsError } from './settings/settings-error.ts';
export { type SharedListener, shareConnections } from './share-connections.ts';
