/** What asks for much gets a quick and honest answer, one after the other, unmutated. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type DeployedArchive, deployArchive } from '../support/deploy-archive.ts';
import { bombs } from './bombs.ts';
import { bytesOfRequest, targetOf } from './fuzz-request.ts';
import { fault } from './judge.ts';
import { RawClient } from './raw-client.ts';

describe('requests that ask for much', () => {
  let archive: DeployedArchive;
  beforeAll(async () => {
    archive = await deployArchive({ topology: 'standalone' });
  });
  afterAll(() => archive?.stop());

  it('are answered in time, and not as trouble of the archive', async () => {
    const client = new RawClient(archive.url);
    for (const request of bombs()) {
      const outcome = await client.send(bytesOfRequest(request), { isHead: false, timeoutMs: 15_000 });
      expect(fault(request, outcome), targetOf(request).slice(0, 200)).toBeUndefined();
    }
    client.close();
    expect(archive.log()).not.toMatch(/uncaught|unhandled/i);
  });
});
