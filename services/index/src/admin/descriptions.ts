/** Rows as administrators read them: one JSON shape for the API and for `npm run admin -- … --json`. */
import type {
  ApiKeyRow,
  Device,
  DeviceCheck,
  Facility,
  IdentityConflict,
  Issuer,
  ListedCorrection,
  Quarantined,
} from '@sandyq/database';

/** Codes and namespaces by internal key. */
export interface Names {
  readonly facilities: ReadonlyMap<number, string>;
  readonly devices: ReadonlyMap<number, string>;
  readonly issuers: ReadonlyMap<number, string>;
}

export function namesOf(
  facilities: readonly Facility[],
  devices: readonly Device[],
  issuers: readonly Issuer[],
): Names {
  return {
    facilities: new Map(facilities.map(({ facilityId, code }) => [facilityId, code])),
    devices: new Map(devices.map(({ deviceId, code }) => [deviceId, code])),
    issuers: new Map(issuers.map(({ issuerId, localNamespace }) => [issuerId, localNamespace])),
  };
}

export function describeQuarantined(entry: Quarantined) {
  return {
    id: entry.quarantineId,
    state: entry.state,
    reason: entry.reason,
    message: entry.message,
    facility: entry.facilityCode,
    device: entry.deviceCode,
    principal: entry.principalId,
    studyInstanceUid: entry.studyInstanceUid,
    seriesInstanceUid: entry.seriesInstanceUid,
    sopInstanceUid: entry.sopInstanceUid,
    sizeBytes: entry.entryLength,
    sha256: entry.sha256.toString('hex'),
    /** `object`: bytes of their own; `segment`: an entry of a segment, deleted when that is rewritten. */
    keptAs: entry.segmentId === undefined ? ('object' as const) : ('segment' as const),
    objectKey: entry.objectKey,
    receivedAt: entry.receivedAt,
    lastReceivedAt: entry.lastReceivedAt,
    timesReceived: entry.timesReceived,
    decidedBy: entry.decidedBy,
    decidedAt: entry.decidedAt,
  };
}

export function describeIdentityConflict(conflict: IdentityConflict) {
  const { identityConflictId: id, facilityId: _, facilityCode, deviceCode, ...rest } = conflict;
  return { id, ...rest, facility: facilityCode, device: deviceCode };
}

export function describeCorrection(correction: ListedCorrection) {
  return {
    id: correction.proposedCorrectionId,
    state: correction.state,
    studyInstanceUid: correction.studyInstanceUid,
    sopInstanceUid: correction.sopInstanceUid,
    facility: correction.facilityCode,
    device: correction.deviceCode,
    principal: correction.principalId,
    sizeBytes: correction.entryLength,
    sha256: correction.sha256.toString('hex'),
    receivedAt: correction.receivedAt,
    timesReceived: correction.timesReceived,
    decidedBy: correction.decidedBy,
    decidedAt: correction.decidedAt,
  };
}

export function describeFacility(facility: Facility, { issuers }: Pick<Names, 'issuers'>) {
  return {
    code: facility.code,
    name: facility.name,
    patientIssuer: issuers.get(facility.patientIssuerId),
    accessionIssuer: issuers.get(facility.accessionIssuerId),
    assumedCharacterSet: facility.assumedCharacterSet,
  };
}

export function describeIssuer({ localNamespace, universalId, universalIdType }: Issuer) {
  return { localNamespace, universalId, universalIdType };
}

export function describeDevice(device: Device, { facilities, issuers }: Omit<Names, 'devices'>) {
  const issuerOf = (id: number | undefined) => (id === undefined ? undefined : issuers.get(id));
  return {
    code: device.code,
    facility: facilities.get(device.facilityId),
    manufacturer: device.manufacturer,
    model: device.model,
    serialNumber: device.serialNumber,
    modality: device.modality,
    origin: device.origin,
    assumedCharacterSet: device.assumedCharacterSet,
    patientIssuer: issuerOf(device.patientIssuerId),
    accessionIssuer: issuerOf(device.accessionIssuerId),
    quarantineQuotaBytes: device.quarantineQuotaBytes,
  };
}

/** Everything but the secret, which nobody keeps. */
export function describeApiKey(key: ApiKeyRow, { facilities, devices }: Omit<Names, 'issuers'>) {
  return {
    id: key.apiKeyId,
    name: key.name,
    roles: key.roles,
    facility: key.facilityId === undefined ? undefined : facilities.get(key.facilityId),
    device: key.deviceId === undefined ? undefined : devices.get(key.deviceId),
    createdAt: key.createdAt,
    createdBy: key.createdBy,
    revokedAt: key.revokedAt,
  };
}

/** `defaultQuotaBytes`: of devices without a quota of their own. */
export function describeDeviceCheck(device: Device, check: DeviceCheck, defaultQuotaBytes: number) {
  const { quarantine, ...rest } = check;
  return {
    device: device.code,
    ...rest,
    quarantine: { ...quarantine, quotaBytes: device.quarantineQuotaBytes ?? defaultQuotaBytes },
  };
}
