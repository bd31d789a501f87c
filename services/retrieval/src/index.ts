/** Retrieval: the Retrieve transactions. See README.md. */
export { mountRetrieval } from './mount-retrieval.ts';
