/** The retrieval service as a process of its own. */
import { startService } from '@sandyq/service';
import { mountRetrieval } from './mount-retrieval.ts';

await startService({ name: 'retrieval', mount: mountRetrieval });
