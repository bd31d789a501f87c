/** Index: the Search transactions, the admin API and the work in the background. See README.md. */
export { mountIndex } from './mount-index.ts';
