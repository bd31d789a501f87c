/** What the archive's codecs can do, for the negotiation. */
import { TransferSyntaxes } from '@sandyq/dicom';
import type { Codecs } from '@sandyq/dicomweb';
import { encodableSyntaxes, isDecodable } from '@sandyq/pixel-data';

/** Decodes most of what is stored; encodes without loss only. */
export const codecAbilities: Codecs = {
  canDecode: isDecodable,
  losslessTargets: encodableSyntaxes
    .map(({ uid }) => uid)
    .filter((uid) => uid !== TransferSyntaxes.ExplicitVRLittleEndian.uid),
};
