/** The codecs of a process with what bounds them and what tells of their load. */
import { availableParallelism } from 'node:os';
import type { Settings } from '@sandyq/http';
import { CodecPool } from '@sandyq/pixel-data';
import type { Metrics } from '@sandyq/telemetry';
import type { RetrievalDependencies } from '../dependencies.ts';
import { FrameMemory } from './frame-memory.ts';
import { KnownFaults } from './known-faults.ts';

/** Frames that wait for a thread; each belongs to a request that has reserved its memory. */
const WAITING_FRAMES = 1024;
/** Encoded and decoded frames of all requests together. One request with a larger frame goes alone. */
const FRAME_BYTES = 1024 * 1024 * 1024;
/** Also in the middle of an answer, behind clients that read slowly: longer than these are let stand still. */
const FRAME_WAIT_MS = 300_000;
const WAITING_REQUESTS = 1_000;
const KNOWN_FAULTS = 10_000;

const STATES = ['running', 'waiting'] as const;

/** Opens them; no thread starts before the first frame. `codecs.close()` ends them. */
export function openCodecs(
  { processes = 1 }: Pick<Settings, 'processes'>,
  metrics: Metrics,
): Pick<RetrievalDependencies, 'codecs' | 'frameMemory' | 'knownFaults'> {
  const threads = metrics.gauge({ name: 'retrieval_codec_threads', help: 'Threads that run codecs.' });
  const frames = metrics.gauge({
    name: 'retrieval_codec_frames',
    help: 'Frames that codecs are at, and that wait for one.',
    labels: { state: STATES },
  });
  const memory = metrics.gauge({
    name: 'retrieval_frame_memory_bytes',
    help: 'Reserved for frames on their way through the codecs.',
  });
  const codecs = new CodecPool({
    // Cores and memory are divided among the processes that serve.
    mostWorkers: Math.ceil(availableParallelism() / processes),
    mostWaiting: WAITING_FRAMES,
    onLoad: ({ workers, running, waiting }) => {
      threads.set(workers);
      frames.set(running, { state: 'running' });
      frames.set(waiting, { state: 'waiting' });
    },
  });
  const frameMemory = new FrameMemory({
    mostBytes: Math.ceil(FRAME_BYTES / processes),
    mostWaiting: WAITING_REQUESTS,
    maxWaitMs: FRAME_WAIT_MS,
    onChange: (bytes) => memory.set(bytes),
  });
  return { codecs, frameMemory, knownFaults: new KnownFaults(KNOWN_FAULTS) };
}
