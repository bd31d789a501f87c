/** Progress of an import: a bar on a terminal, else a line now and then. Goes to standard error. */
import { SingleBar } from 'cli-progress';
import { formatBytes, formatCount } from '../terminal/format.ts';

/** How an import shows that it goes on. */
export interface Progress {
  /** Files found so far, and their bytes. */
  setTotal(files: number, bytes: number): void;
  /** One file is done. */
  advance(bytes: number): void;
  /** A sentence for the person who waits. */
  note(text: string): void;
  stop(): void;
}

const LINE_EVERY_MS = 10_000;

export function createProgress(stream: NodeJS.WriteStream, now: () => number): Progress {
  return stream.isTTY ? barProgress(stream, now) : lineProgress(stream, now);
}

function barProgress(stream: NodeJS.WriteStream, now: () => number): Progress {
  const startedAt = now();
  let bytes = 0;
  const bar = new SingleBar({
    stream,
    format: '{bar} {percentage}%  {value} of {total} files  {size}  {rate}/s  {note}',
    barCompleteChar: '█',
    barIncompleteChar: '░',
    barsize: 24,
    hideCursor: true,
    clearOnComplete: true,
  });
  const payload = () => ({ size: formatBytes(bytes), rate: formatBytes(rateOf(bytes, now() - startedAt)) });
  bar.start(0, 0, { ...payload(), note: '' });
  return {
    setTotal: (files) => bar.setTotal(files),
    advance: (size) => {
      bytes += size;
      bar.increment(1, { ...payload(), note: '' });
    },
    note: (text) => bar.update({ note: text }),
    stop: () => bar.stop(),
  };
}

function lineProgress(stream: NodeJS.WriteStream, now: () => number): Progress {
  const startedAt = now();
  let [files, bytes, total, lastLineAt, lastNote] = [0, 0, 0, startedAt, ''];
  return {
    setTotal: (found) => {
      total = found;
    },
    advance: (size) => {
      files += 1;
      bytes += size;
      if (now() - lastLineAt < LINE_EVERY_MS) return;
      lastLineAt = now();
      const rate = formatBytes(rateOf(bytes, lastLineAt - startedAt));
      stream.write(
        `${formatCount(files)} of ${formatCount(total)} files, ${formatBytes(bytes)}, ${rate}/s\n`,
      );
    },
    note: (text) => {
      if (text !== lastNote) stream.write(`${text}\n`);
      lastNote = text;
    },
    stop: () => undefined,
  };
}

function rateOf(bytes: number, ms: number): number {
  return ms > 0 ? (bytes * 1_000) / ms : 0;
}
