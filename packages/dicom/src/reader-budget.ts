/** What a data set has used of its ReaderLimits. Every passing of a limit is thrown here. */
import { DicomError, type DicomErrorPlace } from './errors.ts';
import type { ReaderLimits } from './reader-limits.ts';

/** Counts for one parser; each method throws DicomError 'limit-exceeded'. */
export class ReaderBudget {
  readonly limits: ReaderLimits;
  private elements = 0;
  private keptBytes = 0;
  private fragments = 0;

  constructor(limits: ReaderLimits) {
    this.limits = limits;
  }

  /** Before an element or item is read on; it is counted by `takeElement`, once. */
  checkElement(place: DicomErrorPlace): void {
    if (this.elements >= this.limits.elements) throw this.exceeded('elements', place);
  }

  takeElement(): void {
    this.elements += 1;
  }

  checkKept(length: number, place: DicomErrorPlace): void {
    if (this.keptBytes + length > this.limits.headerBytes) throw this.exceeded('headerBytes', place);
  }

  takeKept(length: number): void {
    this.keptBytes += length;
  }

  checkFragments(count: number, place: DicomErrorPlace): void {
    if (this.fragments + count > this.limits.fragments) throw this.exceeded('fragments', place);
  }

  takeFragment(): void {
    this.fragments += 1;
  }

  checkDepth(depth: number, place: DicomErrorPlace): void {
    if (depth > this.limits.depth) throw this.exceeded('depth', place);
  }

  private exceeded(limit: keyof ReaderLimits, place: DicomErrorPlace): DicomError {
    return new DicomError(
      'limit-exceeded',
      `The data set passes the limit ${limit} = ${this.limits[limit]}`,
      place,
    );
  }
}
