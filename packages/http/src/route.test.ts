import { describe, expect, it } from 'vitest';
import { jsonAnswer } from './answer.ts';
import { assertEveryRouteHasRule, type Route } from './route.ts';

const handler = () => jsonAnswer(200, null);
const good: Route = {
  method: 'GET',
  path: '/studies/:study',
  action: 'retrieve',
  patientData: true,
  handler,
};
const open: Route = { method: 'GET', path: '/healthz', action: 'health', patientData: false, handler };

/** Changes a route in ways that the compiler would refuse. */
function wrong(route: Route, change: object): Route {
  return Object.assign({ ...route }, change);
}

describe('routes', () => {
  it('have a rule each', () => {
    expect(() =>
      assertEveryRouteHasRule([good, open, { ...good, method: 'POST', action: 'store' }]),
    ).not.toThrow();
  });

  it.each([
    ['no action', [wrong(good, { action: undefined })]],
    ['an action nobody knows', [wrong(good, { action: 'rule-the-world' })]],
    ['a method nobody knows', [wrong(good, { method: 'TRACE' })]],
    ['patient data open to anyone', [wrong(open, { patientData: true })]],
    ['no word on patient data', [wrong(good, { patientData: undefined })]],
    ['the same path and method twice', [good, good]],
    ['two names for one parameter', [good, wrong(good, { method: 'POST', path: '/studies/:uid' })]],
  ])('are refused with %s', (_, routes) => {
    expect(() => assertEveryRouteHasRule(routes)).toThrow(
      expect.objectContaining({
        code: 'invalid-route',
        message: expect.stringContaining(routes[0]?.path ?? ''),
      }),
    );
  });
});
