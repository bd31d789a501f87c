/** A bucket, as settings name it. */
import type { Secret } from './secret.ts';

/** A bucket of an S3-compatible store. */
export interface S3Settings {
  readonly kind: 's3';
  readonly endpoint: string;
  readonly region: string;
  readonly bucket: string;
  readonly accessKey: string;
  readonly secretKey: Secret;
  readonly prefix?: string;
  readonly pathStyle: boolean;
}
