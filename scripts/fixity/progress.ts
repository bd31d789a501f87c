/** Progress of a fixity run: a bar on a terminal, else a line now and then. Goes to standard error. */
import { SingleBar } from 'cli-progress';
import { formatBytes, formatCount } from '../terminal/format.ts';

/** How a run shows that it goes on. */
export interface Progress {
  /** Objects and bytes that are to be read. */
  setTotal(objects: number, bytes: number): void;
  /** One more object is read. */
  advance(bytes: number): void;
  stop(): void;
}

const LINE_EVERY_MS = 10_000;

export function createProgress(stream: NodeJS.WriteStream, now: () => number): Progress {
  return stream.isTTY ? barProgress(stream, now) : lineProgress(stream, now);
}

function barProgress(stream: NodeJS.WriteStream, now: () => number): Progress {
  const startedAt = now();
  let [objects, totalObjects] = [0, 0];
  let bytes = 0;
  const bar = new SingleBar({
    stream,
    format:
      '{bar} {percentage}%  {objects} of {totalObjects} objects  {size}  {rate}/s  {eta_formatted} left',
    barCompleteChar: '█',
    barIncompleteChar: '░',
    barsize: 24,
    hideCursor: true,
    clearOnComplete: true,
    etaBuffer: 200,
  });
  const payload = () => ({
    objects: formatCount(objects),
    totalObjects: formatCount(totalObjects),
    size: formatBytes(bytes),
    rate: formatBytes(rateOf(bytes, now() - startedAt)),
  });
  bar.start(1, 0, payload());
  return {
    setTotal: (count, size) => {
      totalObjects = count;
      bar.setTotal(Math.max(1, size));
    },
    advance: (size) => {
      objects += 1;
      bytes += size;
      // Journal and replica come on top of what was counted.
      totalObjects = Math.max(totalObjects, objects);
      bar.setTotal(Math.max(bar.getTotal(), bytes));
      bar.update(bytes, payload());
    },
    stop: () => bar.stop(),
  };
}

function lineProgress(stream: NodeJS.WriteStream, now: () => number): Progress {
  const startedAt = now();
  let [objects, bytes, totalObjects, totalBytes, lastLineAt] = [0, 0, 0, 0, startedAt];
  return {
    setTotal: (count, size) => {
      totalObjects = count;
      totalBytes = size;
    },
    advance: (size) => {
      objects += 1;
      bytes += size;
      if (now() - lastLineAt < LINE_EVERY_MS) return;
      lastLineAt = now();
      const rate = formatBytes(rateOf(bytes, lastLineAt - startedAt));
      const read = `${formatCount(objects)} of ${formatCount(totalObjects)} objects`;
      stream.write(`${read}, ${formatBytes(bytes)} of ${formatBytes(totalBytes)}, ${rate}/s\n`);
    },
    stop: () => undefined,
  };
}

function rateOf(bytes: number, ms: number): number {
  return ms > 0 ? (bytes * 1_000) / ms : 0;
}
