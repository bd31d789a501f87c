/** Settings of retention. */
import { optional, text, wholeNumber, withDefault } from './setting-types.ts';

/** What is rejected, and how it goes. */
export const retention = {
  SANDYQ_RETENTION_GRACE_DAYS: withDefault(wholeNumber(0, 3_650), {
    default: '30',
    about:
      'Days for which what was rejected can be restored for certain: before their end nothing of it is purged.',
    example: '90',
  }),
  SANDYQ_SIGNING_KEY: optional(text('must be a path without control characters'), {
    unset:
      'with the embedded PostgreSQL `signing-key.pem` in the data folder, made when it is first needed; else none',
    about:
      'File with the private Ed25519 key (PEM, PKCS #8) that signs disposition certificates. Keep it apart from the archive, and its public key public.',
    example: '/run/secrets/sandyq-signing-key.pem',
  }),
  SANDYQ_BACKUP_DAYS: optional(wholeNumber(0, 36_500), {
    unset: 'certificates do not say when backups expire',
    about:
      'Days after which no backup of the database or of the store holds any more what was disposed of: disposition certificates say so.',
    example: '35',
  }),
};
