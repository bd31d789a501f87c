/** The index service as a process of its own. */
import { startService } from '@sandyq/service';
import { mountIndex } from './mount-index.ts';

await startService({ name: 'index', mount: mountIndex });
