/** Who sends: the facility of the credential, and the device by credential or by equipment attributes. */
import type { Device, Facility, PatientIdentity } from '@sandyq/database';
import {
  type AssumedCharacterSet,
  type DicomJson,
  parseAssumedCharacterSet,
  Tags,
  tagToHex,
} from '@sandyq/dicom';
import type { Directory } from './directory.ts';
import { textOf } from './json-text.ts';

export interface Sender {
  readonly principalId: string;
  readonly facility: Facility;
  /** The one device the credential was made for; undefined for a credential of the whole facility. */
  readonly device: Device | undefined;
  /** The facility's devices, to be told apart by their equipment attributes. */
  readonly devices: readonly Device[];
}

/** General Equipment attributes (PS3.3 C.7.5.1) that tell a device. */
export interface Equipment {
  readonly manufacturer: string | undefined;
  readonly model: string | undefined;
  readonly serialNumber: string | undefined;
}

/**
 * The device a data set comes from. A credential made for one device says it; else serial number, and manufacturer
 * and model where registered, tell. Undefined for equipment nobody registered.
 */
export function deviceOf(sender: Sender, equipment: Equipment): Device | undefined {
  if (sender.device !== undefined) return sender.device;
  const fitting = sender.devices.filter(
    (device) =>
      device.serialNumber !== undefined &&
      agrees(device.serialNumber, equipment.serialNumber) &&
      agrees(device.manufacturer, equipment.manufacturer) &&
      agrees(device.model, equipment.model),
  );
  return fitting.length === 1 ? fitting[0] : undefined;
}

/** What is not registered agrees with everything. */
function agrees(registered: string | undefined, sent: string | undefined): boolean {
  return registered === undefined || registered.toLowerCase() === (sent ?? '').trim().toLowerCase();
}

/** The equipment that the DICOM JSON of an instance names. */
export function equipmentOf(json: DicomJson): Equipment {
  return {
    manufacturer: textOf(json, Tags.Manufacturer),
    model: textOf(json, Tags.ManufacturerModelName),
    serialNumber: textOf(json, Tags.DeviceSerialNumber),
  };
}

/** The character set declared for the device, else for its facility. */
export function assumedCharacterSetOf(
  facility: Facility,
  device: Device | undefined,
): AssumedCharacterSet | undefined {
  const declared = device?.assumedCharacterSet ?? facility.assumedCharacterSet;
  return declared === undefined ? undefined : parseAssumedCharacterSet(declared);
}

/** Whose configuration assigns issuers. */
export interface IssuerDefaults {
  readonly facility: Facility;
  readonly device: Device | undefined;
}

/** (issuer, PatientID), with the issuer of the device or facility assigned where the data set names none. */
export async function patientIdentityOf(
  json: DicomJson,
  { facility, device }: IssuerDefaults,
  directory: Directory,
): Promise<PatientIdentity> {
  const issuer = textOf(json, Tags.IssuerOfPatientID);
  const named = issuer === undefined ? undefined : await directory.issuer(issuer);
  return {
    issuerId: named?.issuerId ?? device?.patientIssuerId ?? facility.patientIssuerId,
    issuerAssigned: named === undefined,
    patientId: textOf(json, Tags.PatientID),
  };
}

/** As for patients: Issuer of Accession Number Sequence (0008,0051), else the device's or facility's. */
export async function accessionIssuerOf(
  json: DicomJson,
  { facility, device }: IssuerDefaults,
  directory: Directory,
): Promise<number> {
  const item: unknown = json[tagToHex(Tags.IssuerOfAccessionNumberSequence)]?.Value?.[0];
  const isItem = typeof item === 'object' && item !== null;
  const namespace = isItem ? textOf(item as DicomJson, Tags.LocalNamespaceEntityID) : undefined;
  if (namespace !== undefined) return (await directory.issuer(namespace)).issuerId;
  return device?.accessionIssuerId ?? facility.accessionIssuerId;
}
