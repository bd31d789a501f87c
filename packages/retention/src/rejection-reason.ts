/** Why instances are rejected: what IHE IOCM (RAD TF-3 §4.66.4.1.3) takes from PS3.16 CID 7011. Pure. */

/** Code values of coding scheme DCM, with their meanings (PS3.16 Annex D). */
export const rejectionReasons = {
  '113001': 'Rejected for Quality Reasons',
  '113037': 'Rejected for Patient Safety Reasons',
  '113038': 'Incorrect Modality Worklist Entry',
  '113039': 'Data Retention Policy Expired',
} as const;

/** One of {@link rejectionReasons}. */
export type RejectionReasonCode = keyof typeof rejectionReasons;

/** The code, if it is one; undefined otherwise. */
export function parseRejectionReason(code: string): RejectionReasonCode | undefined {
  return Object.hasOwn(rejectionReasons, code) ? (code as RejectionReasonCode) : undefined;
}
