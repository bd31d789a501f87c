/** The deployments that end-to-end tests run on: both topologies, both stores. */
import type { S3ForTests } from '@sandyq/storage/testing';
import type { DeployOptions } from './deploy-archive.ts';

/** One of them. */
export interface Deployment extends DeployOptions {
  /** For the name of a test; says why it is skipped, if it is. */
  readonly name: string;
  /** No S3 server can be had: never in CI. */
  readonly isSkipped: boolean;
}

/** All four, or the two that meet each topology and each store once, for what takes long. */
export function deployments({ server, reason = '' }: S3ForTests, which: 'all' | 'two'): Deployment[] {
  const isSkipped = server === undefined;
  const onS3 = isSkipped ? `on S3 (${reason})` : 'on Ceph';
  const cheap = { name: 'standalone on the file system', topology: 'standalone', isSkipped: false } as const;
  const full = { name: `split ${onS3}`, topology: 'split', s3: server, isSkipped } as const;
  if (which === 'two') return [cheap, full];
  return [
    cheap,
    full,
    { name: 'split on the file system', topology: 'split', isSkipped: false },
    { name: `standalone ${onS3}`, topology: 'standalone', s3: server, isSkipped },
  ];
}
