/** The thread of the codec pool: one request, one answer. Faults other than CodecError end the thread. */
import { type MessagePort, parentPort, type Transferable, workerData } from 'node:worker_threads';
import { transferSyntaxOf } from '@sandyq/dicom';
import { CodecError } from '../codec-errors.ts';
import { makePicture } from '../picture/make-picture.ts';
import { type CodecLimits, createCodecSet } from '../transcode/codec-set.ts';
import { decodeFrame } from '../transcode/decode-frame.ts';
import { encodeFrame } from '../transcode/encode-frame.ts';
import type { CodecAnswer, CodecRequest } from './codec-messages.ts';

if (parentPort !== null) serve(parentPort, workerData as CodecLimits);

function serve(port: MessagePort, limits: CodecLimits): void {
  const codecs = createCodecSet(limits);
  const answer = async (request: CodecRequest): Promise<CodecAnswer> => {
    if (request.kind === 'decode') {
      const { encoded, description, compression } = request;
      return { kind: 'decoded', frame: await decodeFrame(encoded, description, { compression }, codecs) };
    }
    if (request.kind === 'picture') {
      return { kind: 'pictured', picture: makePicture(request.frame, request.recipe) };
    }
    const syntax = transferSyntaxOf(request.transferSyntaxUid);
    if (syntax === undefined) throw new CodecError('unsupported', 'unknown transfer syntax');
    return { kind: 'encoded', frame: await encodeFrame(request.frame, syntax, codecs) };
  };
  port.on('message', (request: CodecRequest) => {
    answer(request).then(
      (result) => port.postMessage(result, buffersOf(result)),
      (error: unknown) => {
        // Rethrown it ends this thread: the pool answers 'worker-crashed' and starts another one.
        if (!(error instanceof CodecError)) throw error;
        const { code, message } = error;
        port.postMessage({ kind: 'refused', code, message } satisfies CodecAnswer);
      },
    );
  });
}

/** Results own their buffers, so they are given away instead of copied. */
function buffersOf(answer: CodecAnswer): Transferable[] {
  if (answer.kind === 'refused') return [];
  const { buffer } = bytesOf(answer);
  return buffer instanceof ArrayBuffer ? [buffer] : [];
}

function bytesOf(answer: Exclude<CodecAnswer, { readonly kind: 'refused' }>): Uint8Array {
  if (answer.kind === 'pictured') return answer.picture.pixels;
  return answer.kind === 'decoded' ? answer.frame.samples : answer.frame.bytes;
}
