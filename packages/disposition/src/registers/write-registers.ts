/** Writes to the registers that schedules ask: reported when the journal of the store has it. */
import {
  registerPatientFact,
  registerProgramme,
  setDeviceCommissioned,
  setFacilityRegion,
  withdrawPatientFact,
  withdrawProgramme,
} from '@sandyq/database';
import { exportDecision } from '@sandyq/indexing';
import type { Actor } from '../actor.ts';
import {
  type FactRequest,
  type ProgrammeRequest,
  readFact,
  readPastDay,
  readProgramme,
  readRegion,
} from './read-registration.ts';
import type { RegisterPorts } from './register-ports.ts';

/** What was registered; `isNew`: false where the register said so before. */
export interface Registered {
  readonly id: string | undefined;
  readonly isNew: boolean;
}

/** Registers what is known of a patient. Throws DispositionError('bad-input'), DatabaseError('not-found') for an unknown issuer. */
export async function registerFact(
  ports: RegisterPorts,
  request: FactRequest,
  { principalId }: Actor,
): Promise<Registered> {
  const fact = { patientFactId: ports.newId(), ...readFact(request, ports.now()) };
  const isNew = await ports.database.inTransaction((client) =>
    registerPatientFact(client, fact, principalId),
  );
  await exportDecision(ports);
  return { id: isNew ? fact.patientFactId : undefined, isNew };
}

/** Says that a fact was wrong. Throws DatabaseError('not-found') and 'conflict'. */
export async function withdrawFact(
  ports: RegisterPorts,
  patientFactId: string,
  { principalId }: Actor,
): Promise<void> {
  await ports.database.inTransaction((client) => withdrawPatientFact(client, patientFactId, principalId));
  await exportDecision(ports);
}

/** Registers a study for a programme. Throws DispositionError('bad-input'). */
export async function registerStudyProgramme(
  ports: RegisterPorts,
  request: ProgrammeRequest,
  { principalId }: Actor,
): Promise<Registered> {
  const registration = { studyProgrammeId: ports.newId(), ...readProgramme(request) };
  const isNew = await ports.database.inTransaction((client) =>
    registerProgramme(client, registration, principalId),
  );
  await exportDecision(ports);
  return { id: isNew ? registration.studyProgrammeId : undefined, isNew };
}

/** Says that a study does not belong to a programme. Throws DispositionError('bad-input'), DatabaseError('not-found'). */
export async function withdrawStudyProgramme(
  ports: RegisterPorts,
  request: ProgrammeRequest,
  { principalId }: Actor,
): Promise<void> {
  const registration = readProgramme(request);
  await ports.database.inTransaction((client) => withdrawProgramme(client, registration, principalId));
  await exportDecision(ports);
}

/** Says in which region a facility is; undefined: that is not known. Throws DatabaseError('not-found'). */
export async function changeRegion(
  ports: RegisterPorts,
  { code, region }: { readonly code: string; readonly region: string | undefined },
  { principalId }: Actor,
): Promise<void> {
  const read = { code, region: readRegion(region) };
  await ports.database.inTransaction((client) => setFacilityRegion(client, read, principalId));
  await exportDecision(ports);
}

/** Says from which day on a device was in use; undefined: that is not known. Throws DatabaseError('not-found'). */
export async function changeCommissioned(
  ports: RegisterPorts,
  { code, commissionedOn }: { readonly code: string; readonly commissionedOn: string | undefined },
  { principalId }: Actor,
): Promise<void> {
  const day = commissionedOn === undefined ? undefined : readPastDay(commissionedOn, ports.now());
  await ports.database.inTransaction((client) =>
    setDeviceCommissioned(client, { code, commissionedOn: day }, principalId),
  );
  await exportDecision(ports);
}
