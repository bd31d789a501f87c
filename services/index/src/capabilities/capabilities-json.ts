/** The Capabilities Description in JSON: the members of the WADL document under their names (PS3.18 §8.9, Annex H). */
import type { ResourceMethod } from '@sandyq/dicomweb';
import type { ResourceNode } from './resource-tree.ts';
import { CHARSET } from './wadl.ts';

/** Writes the document. `base`: URL of the service. */
export function writeCapabilitiesJson(base: string, resources: readonly ResourceNode[]): string {
  return JSON.stringify({ application: { resources: { base, resource: resources.map(resource) } } });
}

function resource({ path, parameter, methods, children }: ResourceNode): object {
  return {
    path: path.replace('{+', '{'),
    ...(parameter !== undefined && { param: [{ name: parameter, style: 'template', required: true }] }),
    ...(methods.length > 0 && { method: methods.map(method) }),
    ...(children.length > 0 && { resource: children.map(resource) }),
  };
}

function method({ method: name, id, clause, query, consumes, produces, statuses }: ResourceMethod): object {
  const accept = { name: 'Accept', style: 'header', default: produces[0] ?? '*/*', option: produces };
  const charset = { name: 'Accept-Charset', style: 'header', default: CHARSET, option: [CHARSET] };
  const representation = (mediaType: string) => ({ mediaType });
  return {
    name,
    id,
    doc: { title: `PS3.18 §${clause}` },
    request: {
      param: [accept, charset, ...query.map((parameter) => ({ name: parameter, style: 'query' }))],
      ...(consumes.length > 0 && { representation: consumes.map(representation) }),
    },
    response: [
      {
        status: statuses.filter((status) => status < 400),
        representation: produces.map(representation),
      },
      {
        status: statuses.filter((status) => status >= 400),
        representation: [representation('application/problem+json')],
      },
    ],
  };
}
