/** What an administrator says of a new facility, issuer, device or API key: checked here, for the API and the command line. */
import { ROLES } from '@sandyq/auth';
import { assumedCharacterSets, parseAssumedCharacterSet } from '@sandyq/dicom';
import { z } from 'zod';

/** Input that is not what it has to be; the message names every fault. */
export class InvalidInputError extends Error {
  override readonly name = 'InvalidInputError';
}

const code = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, 'must be 1 to 64 letters, digits, ".", "_" or "-"');
const text = z
  .string()
  .trim()
  .regex(/^[^\p{Cc}]{1,256}$/u, 'must be 1 to 256 characters, none of them a control character');
const characterSet = z.string().transform((name, context) => {
  const known = parseAssumedCharacterSet(name);
  if (known !== undefined) return known;
  context.addIssue({ code: 'custom', message: `must be one of ${assumedCharacterSets.join(', ')}` });
  return z.NEVER;
});

/** A hospital or clinic. */
export const newFacilitySchema = z.strictObject({
  code,
  name: text,
  /** Namespaces of the issuers assigned to identifiers without one; both default to the code. */
  patientIssuer: text.optional(),
  accessionIssuer: text.optional(),
  /** For data sets whose label is absent or contradicted by their bytes. */
  assumedCharacterSet: characterSet.optional(),
});

/** Who assigns patient ids or accession numbers. */
export const newIssuerSchema = z
  .strictObject({
    localNamespace: text,
    universalId: text.optional(),
    universalIdType: text.optional(),
  })
  .refine(
    ({ universalId, universalIdType }) => (universalId === undefined) === (universalIdType === undefined),
    { message: 'universalId and universalIdType go together' },
  );

/** One scanner. */
export const newDeviceSchema = z.strictObject({
  facility: code,
  code,
  manufacturer: text.optional(),
  model: text.optional(),
  serialNumber: text.optional(),
  modality: text.optional(),
  /** `local`: made here; `assembled`: put together from other sources; `imported`: came from elsewhere. */
  origin: z.enum(['local', 'assembled', 'imported']).default('local'),
  assumedCharacterSet: characterSet.optional(),
  /** As for a facility; default to the facility's. */
  patientIssuer: text.optional(),
  accessionIssuer: text.optional(),
  quarantineQuotaBytes: z.int().nonnegative().optional(),
});

/** An API key; what it opens follows from its roles. */
export const newApiKeySchema = z
  .strictObject({
    roles: z.array(z.enum(ROLES)).min(1),
    facility: code.optional(),
    device: code.optional(),
    name: text.optional(),
  })
  .refine(
    ({ roles, facility, device }) =>
      !roles.includes('scanner') || facility !== undefined || device !== undefined,
    { message: 'a scanner needs a facility or a device: what it sends belongs to one' },
  );

export type NewApiKeyInput = z.output<typeof newApiKeySchema>;

/** The input as the schema wants it. Throws InvalidInputError with every fault. */
export function parseInput<Schema extends z.ZodType>(schema: Schema, input: unknown): z.output<Schema> {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(({ path, message }) =>
    [path.join('.'), message].filter((part) => part !== '').join(' '),
  );
  throw new InvalidInputError(`Please check: ${faults.join('; ')}.`);
}
