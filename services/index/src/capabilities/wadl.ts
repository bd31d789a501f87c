/** The Capabilities Description as a WADL document (PS3.18 Annex H; W3C submission of 31 August 2009). */
import type { ResourceMethod } from '@sandyq/dicomweb';
import type { ResourceNode } from './resource-tree.ts';

/** The character set of all text (PS3.18 §8.8). */
export const CHARSET = 'utf-8';
const NAMESPACE = 'http://wadl.dev.java.net/2009/02';

/** Writes the document. `base`: URL of the service. */
export function writeWadl(base: string, resources: readonly ResourceNode[]): string {
  return (
    '<?xml version="1.0" encoding="UTF-8"?>\n' +
    element('application', { xmlns: NAMESPACE }, [element('resources', { base }, resources.map(resource))])
  );
}

function resource({ path, parameter, methods, children }: ResourceNode): string {
  const templated = path.replace('{+', '{');
  const param =
    parameter === undefined
      ? []
      : [element('param', { name: parameter, style: 'template', required: 'true' }, [])];
  return element('resource', { path: templated }, [
    ...param,
    ...methods.map(method),
    ...children.map(resource),
  ]);
}

function method({ method: name, id, clause, query, consumes, produces, statuses }: ResourceMethod): string {
  const options = produces.map((value) => element('option', { value, mediaType: value }, []));
  const accept = { name: 'Accept', style: 'header', default: produces[0] ?? '*/*' };
  const isSuccess = (status: number): boolean => status < 400;
  return element('method', { name, id }, [
    element('doc', { title: `PS3.18 §${clause}` }, []),
    element('request', {}, [
      element('param', accept, options),
      element('param', { name: 'Accept-Charset', style: 'header', default: CHARSET }, [
        element('option', { value: CHARSET }, []),
      ]),
      ...query.map((parameter) => element('param', { name: parameter, style: 'query' }, [])),
      ...consumes.map(representation),
    ]),
    element('response', { status: statuses.filter(isSuccess).join(' ') }, produces.map(representation)),
    element('response', { status: statuses.filter((status) => !isSuccess(status)).join(' ') }, [
      representation('application/problem+json'),
    ]),
  ]);
}

function representation(mediaType: string): string {
  return element('representation', { mediaType }, []);
}

function element(
  name: string,
  attributes: Readonly<Record<string, string>>,
  children: readonly string[],
): string {
  const written = Object.entries(attributes).map(([key, value]) => ` ${key}="${escapeXml(value)}"`);
  const start = `<${name}${written.join('')}`;
  return children.length === 0 ? `${start}/>` : `${start}>${children.join('')}</${name}>`;
}

function escapeXml(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}
