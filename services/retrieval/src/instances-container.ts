/** What several instances are sent in: parts of multipart/related (PS3.18 §8.6.1.2), or files of a zip file (§8.6.1.3). */
import type { InstanceLocation } from '@sandyq/database';
import { MultipartWriter, type RetrieveOffer } from '@sandyq/dicomweb';
import type { AnswerHeaders } from '@sandyq/http';
import { type BodyPart, multipartBody } from './multipart-body.ts';

/** One instance on its way out. */
export interface InstancePart extends BodyPart {
  readonly location: InstanceLocation;
  readonly offer: RetrieveOffer;
}

/** What is put into a container. */
export interface Contents {
  readonly parts: AsyncIterable<InstancePart>;
  /** Media type of each. */
  readonly mediaType: string;
  /** Transfer syntax that all share. */
  readonly transferSyntax: string | undefined;
  /** Follows from the contents. */
  readonly boundary: string;
  /** What it may be called when it is saved, without extension. */
  readonly name: string;
}

/** A way to send several instances in one answer. */
export interface Container {
  /** For entity tags. */
  readonly kind: string;
  /** Whether it hands the bytes of the parts on as they come, and asks for the next part when those of the last were taken. */
  readonly passesOn: boolean;
  write(contents: Contents): { readonly headers: AnswerHeaders; readonly body: AsyncIterable<Uint8Array> };
}

/** One part an instance. */
export const multipartContainer: Container = {
  kind: 'instances',
  passesOn: true,
  write: ({ parts, mediaType, transferSyntax, boundary }) => {
    const shared = transferSyntax === undefined ? {} : { transferSyntax };
    const writer = new MultipartWriter({ type: mediaType, boundary, ...shared });
    return { headers: { 'Content-Type': writer.contentType }, body: multipartBody(writer, parts) };
  },
};
