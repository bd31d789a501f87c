/** Where the archive may run without credentials: on loopback addresses, nowhere else (design §8). */
import { isIPv4 } from 'node:net';
import { AuthError } from './errors.ts';

/** `single-user`: no credentials, loopback only. `keys`: API keys. */
export const AUTH_MODES = ['single-user', 'keys'] as const;
/** One of {@link AUTH_MODES}. */
export type AuthMode = (typeof AUTH_MODES)[number];

/** Throws `unauthenticated-address` if the mode would leave the address open to others. */
export function assertAuthMode({ mode, host }: { mode: AuthMode; host: string }): void {
  if (mode !== 'single-user' || isLoopback(host)) return;
  throw new AuthError(
    'unauthenticated-address',
    `Without credentials the archive serves loopback addresses only, and ${host} is none. ` +
      'Set SANDYQ_AUTH=keys, or SANDYQ_HOST=127.0.0.1.',
  );
}

/** Whether only programs of this machine can reach the address: 127.0.0.0/8, ::1, `localhost`. Brackets around IPv6 are allowed. */
export function isLoopback(host: string): boolean {
  const name = host.toLowerCase().replace(/^\[(.*)\]$/, '$1');
  if (name === 'localhost' || name === '::1' || name === '0:0:0:0:0:0:0:1') return true;
  const mapped = name.replace(/^::ffff:/, '');
  return isIPv4(mapped) && mapped.startsWith('127.');
}
