/** The route of the URI service (PS3.18 §9). */
import type { GuardedRoute } from '@sandyq/http';
import type { RetrievalDependencies } from '../dependencies.ts';
import { retrieveWadoUri } from './retrieve-wado-uri.ts';

/** Longest UID that the audit takes note of (PS3.5 §9.1). */
const LONGEST_UID = 64;

/** It reads what is stored and nothing else: action `retrieve`. Its query names the study, for the audit too. */
export function wadoUriRoutes(dependencies: RetrievalDependencies): GuardedRoute[] {
  return [
    {
      method: 'GET',
      path: '/wado',
      action: 'retrieve',
      patientData: true,
      keepsToFacility: true,
      resource: (_, query) => {
        const studyInstanceUid = query.get('studyUID') ?? '';
        const isUid = studyInstanceUid.length <= LONGEST_UID && /^[\x21-\x7e]+$/.test(studyInstanceUid);
        return isUid ? { studyInstanceUid } : {};
      },
      handler: (context) => retrieveWadoUri(dependencies, context),
    },
  ];
}
