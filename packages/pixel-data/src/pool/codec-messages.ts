/** What the pool and its threads say to each other. Plain data: it is cloned between threads. */
import type { Compression } from '@sandyq/dicom';
import type { CodecErrorCode } from '../codec-errors.ts';
import type { DecodedFrame } from '../decoded-frame.ts';
import type { PixelDescription } from '../describe-pixels.ts';
import type { Picture } from '../picture/grey-picture.ts';
import type { PictureRecipe } from '../picture/make-picture.ts';
import type { EncodedFrame } from '../transcode/encode-frame.ts';

export type CodecRequest =
  | {
      readonly kind: 'decode';
      readonly encoded: Uint8Array;
      readonly description: PixelDescription;
      readonly compression: Compression;
    }
  | { readonly kind: 'encode'; readonly frame: DecodedFrame; readonly transferSyntaxUid: string }
  | { readonly kind: 'picture'; readonly frame: DecodedFrame; readonly recipe: PictureRecipe };

export type CodecAnswer =
  | { readonly kind: 'decoded'; readonly frame: DecodedFrame }
  | { readonly kind: 'encoded'; readonly frame: EncodedFrame }
  | { readonly kind: 'pictured'; readonly picture: Picture }
  | { readonly kind: 'refused'; readonly code: CodecErrorCode; readonly message: string };
