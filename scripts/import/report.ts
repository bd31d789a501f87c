/** The report of an import: JSON with every file, written as it goes, under its name only when it is whole. */
import { type FileHandle, open, rename, unlink } from 'node:fs/promises';
import type { FileOutcome } from './import-files.ts';

/** Written at once when so much has gathered. */
const BUFFER_CHARACTERS = 256 * 1024;

export class ReportWriter {
  readonly #path: string;
  readonly #file: FileHandle;
  #buffer: string[] = [];
  #buffered = 0;
  #written: Promise<void> = Promise.resolve();
  #isFirst = true;

  private constructor(path: string, file: FileHandle) {
    this.#path = path;
    this.#file = file;
  }

  /** Throws system errors: better before the import than after it. */
  static async open(path: string, head: object): Promise<ReportWriter> {
    const writer = new ReportWriter(path, await open(unfinished(path), 'w'));
    writer.#append(`${JSON.stringify(head).slice(0, -1)},"files":[`);
    return writer;
  }

  add({ name, sizeBytes, outcome, reason, sopInstanceUid }: FileOutcome): void {
    const line = JSON.stringify({ file: name, sizeBytes, outcome, reason, sopInstanceUid });
    this.#append(`${this.#isFirst ? '' : ','}\n${line}`);
    this.#isFirst = false;
  }

  /** Names the file. `tail`: what is known at the end. */
  async finish(tail: object): Promise<void> {
    this.#append(`\n],${JSON.stringify(tail).slice(1)}\n`);
    this.#flush();
    await this.#written;
    await this.#file.sync();
    await this.#file.close();
    await rename(unfinished(this.#path), this.#path);
  }

  /** Leaves nothing behind. */
  async discard(): Promise<void> {
    await this.#file.close();
    await unlink(unfinished(this.#path));
  }

  #append(text: string): void {
    this.#buffer.push(text);
    this.#buffered += text.length;
    if (this.#buffered >= BUFFER_CHARACTERS) this.#flush();
  }

  /** One write after the other; a failure is told by {@link finish}. */
  #flush(): void {
    const text = this.#buffer.join('');
    this.#buffer = [];
    this.#buffered = 0;
    this.#written = this.#written.then(() => this.#file.writeFile(text));
    this.#written.catch(() => undefined);
  }
}

function unfinished(path: string): string {
  return `${path}.part`;
}
