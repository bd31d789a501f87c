/** `/admin/facilities`, `/admin/issuers`, `/admin/devices`: who sends, and who assigns identifiers. No patient data. */
import {
  checkDevice,
  createDevice,
  createFacility,
  createIssuer,
  type Device,
  deviceByCode,
  facilityByCode,
  listDevices,
  listFacilities,
  listIssuers,
} from '@sandyq/database';
import {
  type Answer,
  type GuardedRoute,
  HttpError,
  jsonAnswer,
  type Method,
  type RequestContext,
  readJson,
} from '@sandyq/http';
import { exportDecision } from '@sandyq/indexing';
import type { Archive } from '@sandyq/service';
import {
  describeDevice,
  describeDeviceCheck,
  describeFacility,
  describeIssuer,
  namesOf,
} from './descriptions.ts';
import { newDeviceSchema, newFacilitySchema, newIssuerSchema, parseInput } from './new-principals.ts';
import { assertWithin, confinementOf } from './parameters.ts';
import { adminRoute } from './refusal.ts';

type Ports = Pick<Archive, 'database' | 'settings' | 'store' | 'maintenance' | 'logger'>;
type Handler = (ports: Ports, context: RequestContext) => Promise<Answer>;

export function directoryRoutes(archive: Ports): GuardedRoute[] {
  const route = (method: Method, path: string, handler: Handler, confinable: { keepsToFacility?: true }) =>
    adminRoute({
      method,
      path: `/admin${path}`,
      action: 'administer',
      patientData: false,
      ...confinable,
      handler: (context) => handler(archive, context),
    });
  const within = { keepsToFacility: true } as const;
  const nationwide = {};
  return [
    route('GET', '/facilities', getFacilities, within),
    route('POST', '/facilities', postFacility, nationwide),
    route('GET', '/issuers', getIssuers, within),
    route('POST', '/issuers', postIssuer, nationwide),
    route('GET', '/devices', getDevices, within),
    route('POST', '/devices', postDevice, within),
    route('GET', '/devices/:code/check', getDeviceCheck, within),
  ];
}

/** Codes and namespaces for what is shown. */
export async function readNames({ database }: Pick<Archive, 'database'>) {
  const [facilities, devices, issuers] = [
    await listFacilities(database),
    await listDevices(database),
    await listIssuers(database),
  ];
  return { facilities, devices, issuers, names: namesOf(facilities, devices, issuers) };
}

async function getFacilities(ports: Ports, context: RequestContext): Promise<Answer> {
  const { facilities, names } = await readNames(ports);
  const visible = within(context, facilities);
  return jsonAnswer(200, { facilities: visible.map((facility) => describeFacility(facility, names)) });
}

async function postFacility(ports: Ports, context: RequestContext): Promise<Answer> {
  const input = parseInput(newFacilitySchema, await readJson(context));
  const facility = await ports.database.inTransaction((client) =>
    createFacility(client, input, context.principal.id),
  );
  await exportDecision(ports);
  const { names } = await readNames(ports);
  return jsonAnswer(201, describeFacility(facility, names));
}

/** Namespaces are the same for the whole country. */
async function getIssuers({ database }: Ports): Promise<Answer> {
  return jsonAnswer(200, { issuers: (await listIssuers(database)).map(describeIssuer) });
}

async function postIssuer(ports: Ports, context: RequestContext): Promise<Answer> {
  const input = parseInput(newIssuerSchema, await readJson(context));
  const issuer = await ports.database.inTransaction((client) =>
    createIssuer(client, input, context.principal.id),
  );
  await exportDecision(ports);
  return jsonAnswer(201, describeIssuer(issuer));
}

async function getDevices(ports: Ports, context: RequestContext): Promise<Answer> {
  const { devices, names } = await readNames(ports);
  return jsonAnswer(200, {
    devices: within(context, devices).map((device) => describeDevice(device, names)),
  });
}

async function postDevice(ports: Ports, context: RequestContext): Promise<Answer> {
  const { facility: facilityCode, ...input } = parseInput(newDeviceSchema, await readJson(context));
  const facility = await facilityByCode(ports.database, facilityCode);
  const confinedTo = confinementOf(context);
  if (confinedTo !== undefined && facility.facilityId !== confinedTo) {
    throw new HttpError('forbidden', 'This credential is confined to another facility.');
  }
  const device = await ports.database.inTransaction((client) =>
    createDevice(client, { ...input, facilityCode }, context.principal.id),
  );
  await exportDecision(ports);
  const { names } = await readNames(ports);
  return jsonAnswer(201, describeDevice(device, names));
}

async function getDeviceCheck({ database, settings }: Ports, context: RequestContext): Promise<Answer> {
  const device: Device | undefined = await deviceByCode(database, context.params['code'] ?? '');
  assertWithin(context, device, `device ${device.code}`);
  const check = await checkDevice(database, device.deviceId, new Date());
  return jsonAnswer(200, describeDeviceCheck(device, check, settings.quarantineQuotaBytes));
}

function within<Row extends { readonly facilityId: number }>(
  context: RequestContext,
  rows: readonly Row[],
): Row[] {
  const confinedTo = confinementOf(context);
  return rows.filter(({ facilityId }) => confinedTo === undefined || facilityId === confinedTo);
}
