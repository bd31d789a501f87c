/** How far a copy is: a bar on a terminal, else a line now and then. Goes to standard error. */
import type { ObjectsReport } from '@sandyq/standalone';
import { SingleBar } from 'cli-progress';
import { formatBytes, formatCount, formatSeconds } from '../terminal/format.ts';

/** Takes what the work tells. */
export interface ByteProgress {
  readonly bytes: (doneBytes: number, totalBytes: number) => void;
  readonly objects: (report: ObjectsReport) => void;
  stop(): void;
}

const LINE_EVERY_MS = 10_000;

export function createByteProgress(stream: NodeJS.WriteStream, now: () => number): ByteProgress {
  const startedAt = now();
  const rate = (bytes: number): string =>
    `${formatBytes((bytes * 1_000) / Math.max(1, now() - startedAt))}/s`;
  return stream.isTTY ? barProgress(stream, rate) : lineProgress(stream, now, rate);
}

function barProgress(stream: NodeJS.WriteStream, rate: (bytes: number) => string): ByteProgress {
  const bar = new SingleBar({
    stream,
    format: '{bar} {percentage}%  {words}',
    barCompleteChar: '█',
    barIncompleteChar: '░',
    barsize: 24,
    hideCursor: true,
    clearOnComplete: true,
  });
  bar.start(1, 0, { words: '' });
  return {
    bytes: (done, total) => {
      bar.setTotal(total);
      bar.update(done, { words: `${formatBytes(done)} of ${formatBytes(total)}  ${rate(done)}` });
    },
    objects: ({ listed }) => bar.update({ words: `${formatCount(listed)} objects` }),
    stop: () => bar.stop(),
  };
}

function lineProgress(
  stream: NodeJS.WriteStream,
  now: () => number,
  rate: (bytes: number) => string,
): ByteProgress {
  const startedAt = now();
  let lastLineAt = startedAt;
  const line = (words: () => string): void => {
    if (now() - lastLineAt < LINE_EVERY_MS) return;
    lastLineAt = now();
    stream.write(`${words()}, ${formatSeconds((lastLineAt - startedAt) / 1_000)}\n`);
  };
  return {
    bytes: (done, total) => line(() => `${formatBytes(done)} of ${formatBytes(total)}, ${rate(done)}`),
    objects: ({ listed }) => line(() => `${formatCount(listed)} objects`),
    stop: () => undefined,
  };
}
