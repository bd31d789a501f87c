/** Settings of the second store. */
import { BUCKET, HOST, optional, PREFIX, secret, text, url, withDefault, yesOrNo } from './setting-types.ts';

/** The second store, which every object is copied to. */
export const replica = {
  S3_REPLICA_ENDPOINT: optional(url('must be http(s)://host[:port]', { pathAllowed: false }), {
    unset: 'no replica',
    about:
      'S3-compatible store that keeps a second, verified copy of every object. With it, bucket and both keys must be set.',
    example: 'https://s3.second-site.example.kz',
  }),
  S3_REPLICA_REGION: withDefault(text('must be the name of a region', HOST), {
    default: 'us-east-1',
    about: 'Region of the replica.',
    example: 'us-east-1',
  }),
  S3_REPLICA_BUCKET: optional(text('must be 3 to 63 lower-case letters, digits, dots, hyphens', BUCKET), {
    unset: 'no replica',
    about: 'Bucket of the replica; it must exist.',
    example: 'sandyq-replica',
  }),
  S3_REPLICA_ACCESS_KEY: optional(text('must be a key id'), {
    unset: 'no replica',
    about: 'Access key id for the replica.',
    example: 'AKIAEXAMPLE',
  }),
  S3_REPLICA_SECRET_KEY: optional(secret(), {
    unset: 'no replica',
    about: 'Secret access key for the replica.',
    example: 'wJalrEXAMPLEKEY',
  }),
  SANDYQ_S3_REPLICA_PREFIX: optional(text('must be key segments without a slash at either end', PREFIX), {
    unset: 'none',
    about: 'Put before every object key of the replica.',
    example: 'archive',
  }),
  SANDYQ_S3_REPLICA_PATH_STYLE: withDefault(yesOrNo(), {
    default: 'true',
    about: 'As `SANDYQ_S3_PATH_STYLE`, for the replica.',
    example: 'false',
  }),
};
