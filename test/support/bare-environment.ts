/**
 * What a program that a test starts gets of the test's own environment: what every program has, and where Node keeps what it
 * has compiled, as `npm run` says it too. Without that a command takes twice as long.
 */
export function bareEnvironment(): Record<string, string> {
  const { PATH = '', HOME = '', TMPDIR = '/tmp', NODE_COMPILE_CACHE } = process.env;
  return { PATH, HOME, TMPDIR, ...(NODE_COMPILE_CACHE !== undefined && { NODE_COMPILE_CACHE }) };
}
