/** Settings of the cold tier: a folder or a bucket for what is seldom asked for. */
import {
  BUCKET,
  HOST,
  oneOf,
  optional,
  PREFIX,
  secret,
  text,
  url,
  withDefault,
  yesOrNo,
} from './setting-types.ts';

/** The cold tier, which old studies are moved to. */
export const coldTier = {
  SANDYQ_COLD_FOLDER: optional(text('must be a path'), {
    unset: 'no cold tier, or the bucket of S3_COLD_ENDPOINT',
    about:
      'Folder of the cold tier, on another disk as a rule; it must exist. It is part of the archive, and no backup holds it.',
    example: '/mnt/slow/sandyq-cold',
  }),
  S3_COLD_ENDPOINT: optional(url('must be http(s)://host[:port]', { pathAllowed: false }), {
    unset: 'no cold tier, or SANDYQ_COLD_FOLDER',
    about: 'S3-compatible store of the cold tier. With it, bucket and both keys must be set.',
    example: 'https://s3.archive.example.kz',
  }),
  S3_COLD_REGION: withDefault(text('must be the name of a region', HOST), {
    default: 'us-east-1',
    about: 'Region of the cold tier.',
    example: 'us-east-1',
  }),
  S3_COLD_BUCKET: optional(text('must be 3 to 63 lower-case letters, digits, dots, hyphens', BUCKET), {
    unset: 'no cold tier',
    about: 'Bucket of the cold tier; it must exist.',
    example: 'sandyq-cold',
  }),
  S3_COLD_ACCESS_KEY: optional(text('must be a key id'), {
    unset: 'no cold tier',
    about: 'Access key id for the cold tier.',
    example: 'AKIAEXAMPLE',
  }),
  S3_COLD_SECRET_KEY: optional(secret(), {
    unset: 'no cold tier',
    about: 'Secret access key for the cold tier.',
    example: 'wJalrEXAMPLEKEY',
  }),
  SANDYQ_S3_COLD_PREFIX: optional(text('must be key segments without a slash at either end', PREFIX), {
    unset: 'none',
    about: 'Put before every object key of the cold tier.',
    example: 'cold',
  }),
  SANDYQ_S3_COLD_PATH_STYLE: withDefault(yesOrNo(), {
    default: 'true',
    about: 'As `SANDYQ_S3_PATH_STYLE`, for the cold tier.',
    example: 'false',
  }),
  SANDYQ_S3_COLD_STORAGE_CLASS: optional(
    text('must be the name of a storage class: capital letters, digits, underscores', /^[A-Z0-9_]{1,64}$/),
    {
      unset: "the bucket's default",
      about: 'Storage class of what is put into the bucket of the cold tier.',
      example: 'GLACIER_IR',
    },
  ),
  SANDYQ_COLD_READS: withDefault(oneOf(['through', 'recall']), {
    default: 'through',
    about:
      '`through`: the cold tier answers at once, and is read like the store, slower. `recall`: what lies there has to be brought back first; a reader gets 503 with Retry-After until it is.',
    example: 'recall',
  }),
};
