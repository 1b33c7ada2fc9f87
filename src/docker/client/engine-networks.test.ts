import { describe, expect, it } from 'vitest';
import type { EngineConnection } from './engine-connection.js';
import { EngineError } from './engine-error.js';
import { EngineNetworks } from './engine-networks.js';

const NETWORK = '0-deploy-wait-br0';

describe('the removal of a network', () => {
  it('is one call if it is unused', async () => {
    const engine = anEngine({ counted: {}, containers: [] });
    await engine.networks.removeUnused(NETWORK);
    expect(engine.calls).toEqual([`DELETE /networks/${NETWORK}`]);
  });

  it('keeps one that a container uses', async () => {
    const engine = anEngine({ counted: { abc: { Name: 'web' } }, containers: ['web'] });
    await engine.networks.removeUnused(NETWORK);
    expect(engine.isThere()).toBe(true);
    expect(engine.calls.filter((call) => call.includes('disconnect'))).toEqual([]);
  });

  it('first disconnects endpoints of containers that do not exist', async () => {
    // As Docker 20.10 shows an endpoint of a container that was connected by two calls at once and then removed.
    const engine = anEngine({ counted: { 'ep-1f': { Name: 'web.deploy-new' } }, containers: [] });
    await engine.networks.removeUnused(NETWORK);
    expect(engine.isThere()).toBe(false);
  });

  it('disconnects only those if a container uses it too', async () => {
    const counted = { 'ep-1f': { Name: 'web.deploy-new' }, abc: { Name: 'api' } };
    const engine = anEngine({ counted, containers: ['api'] });
    await engine.networks.removeUnused(NETWORK);
    expect(engine.isThere()).toBe(true);
    expect(engine.counted()).toEqual(['api']);
  });
});

interface Call {
  readonly method: string;
  readonly path: string;
  readonly body?: { readonly Container: string; readonly Force: boolean };
}

/** An engine with one network: its endpoints there, and the containers that exist. */
function anEngine(state: {
  readonly counted: Readonly<Record<string, { readonly Name: string }>>;
  readonly containers: readonly string[];
}) {
  const calls: string[] = [];
  let isThere = true;
  let counted = state.counted;
  const answer = ({ method, path, body }: Call): Promise<unknown> => {
    calls.push(`${method} ${path}`);
    if (method === 'DELETE') {
      const isUsed = Object.keys(counted).length > 0;
      if (isUsed) return Promise.reject(new EngineError('has active endpoints', 403));
      isThere = false;
    } else if (body?.Force === true) {
      counted = Object.fromEntries(
        Object.entries(counted).filter(([, { Name }]) => Name !== body.Container),
      );
    } else if (path.startsWith('/containers/')) {
      return Promise.resolve(
        state.containers.some((name) => path.includes(`/${name}/`)) ? {} : null,
      );
    }
    return Promise.resolve({ Containers: counted });
  };
  const connection = { ensure: answer, request: answer, find: answer };
  return {
    networks: new EngineNetworks(connection as unknown as EngineConnection),
    calls,
    isThere: () => isThere,
    counted: () => Object.values(counted).map(({ Name }) => Name),
  };
}
