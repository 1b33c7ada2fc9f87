import http from 'node:http';
import https from 'node:https';
import { inspect } from 'node:util';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { Secret } from '../../domain/secrets/secret.js';
import { EngineConnection } from './engine-connection.js';

afterEach(() => {
  vi.restoreAllMocks();
});

const TLS = { ca: 'an authority', cert: 'a certificate', key: new Secret('a key') };

describe('the connection to an engine', () => {
  it.each([
    { host: 'unix:///nowhere/docker.sock', tls: null },
    { host: 'tcp://engine.example:2375', tls: null },
    { host: 'tcp://engine.example:2376', tls: TLS },
  ])(
    'of $host does not have docker-modem print all open connections at each call',
    async (engine) => {
      const seen = agentOfNextRequest();
      void new EngineConnection({ name: 'local', ...engine }).apiVersion();
      const agent = await seen;
      expect(agent).toBeInstanceOf(engine.tls === null ? http.Agent : https.Agent);
      // As docker-modem does for an unwanted debug line.
      expect(inspect(agent, { showHidden: true, depth: null }).length).toBeLessThan(100);
    },
  );
});

/** The agent of the next request, which is never sent. */
function agentOfNextRequest(): Promise<http.Agent> {
  const prototype = http.Agent.prototype as unknown as { addRequest: () => void };
  return new Promise((resolve) => {
    vi.spyOn(prototype, 'addRequest').mockImplementation(function (this: unknown) {
      resolve(this as http.Agent);
    });
  });
}
