// '@sandyq/storage/testing': what tests of other packages may use of this one. Never imported by services.
export { type Faults, LossyFileSystem } from '../file-system/lossy-file-system.ts';
export type { Kept } from '../file-system/lossy-tree.ts';
export { CephServer, type S3ForTests, type S3TestServer, s3ForTests, startCeph, stopCeph } from './ceph.ts';
export {
  type FaultyProxy,
  type ProxiedRequest,
  type ProxyFault,
  startFaultyProxy,
} from './faulty-proxy.ts';
export { MemoryObjectStore, type StoredObject } from './memory-object-store.ts';
export { objectStoreCases } from './object-store-suite.ts';
export { newSpoolFolder, type SpoolFolder } from './spool-folder.ts';
export type { StoreCase, StoreHarness } from './store-case.ts';
