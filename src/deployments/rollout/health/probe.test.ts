import { describe, expect, it } from 'vitest';
import type { EngineClient } from '../../../docker/client/engine-client.js';
import { EngineError } from '../../../docker/client/engine-error.js';
import { aContainer } from '../../../docker/testing/inspection-builders.js';
import { tryProbe, type ProbeResult } from './probe.js';

const PROBE = { kind: 'exec', command: ['/bin/true'], intervalMs: 1_000 } as const;

/** A probe by a command, which an engine answers with this status; null: no answer. */
function tried(statusCode: number | null): Promise<ProbeResult | null> {
  const error = new EngineError('cannot run a command', statusCode);
  const engine = { exec: () => Promise.reject(error) } as unknown as EngineClient;
  return tryProbe(engine, aContainer(), PROBE, null, null);
}

describe('a probe by a command', () => {
  it.each([null, 409, 500, 502, 503])(
    'says nothing about the container if the engine answers %s',
    async (statusCode) => {
      await expect(tried(statusCode)).resolves.toBeNull();
    },
  );

  it.each([
    ['the command cannot be executed', 400],
    ['the engine does not let us', 403],
    ['the command does not end in time', 408],
  ])('fails where %s', async (_why, statusCode) => {
    await expect(tried(statusCode)).resolves.toMatchObject({ passed: false });
  });
});
