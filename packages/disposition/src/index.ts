export { DispositionError, type DispositionErrorCode, isDispositionError } from './errors.ts';
