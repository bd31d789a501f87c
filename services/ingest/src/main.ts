/** The ingest service as a process of its own. */
import { startService } from '@sandyq/service';
import { mountIngest } from './mount-ingest.ts';

await startService({ name: 'ingest', mount: mountIngest });
