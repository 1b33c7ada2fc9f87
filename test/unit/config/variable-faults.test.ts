import { describe, expect, it } from 'vitest';
import { faultsOf } from './configuration-folder.js';
import { ENVIRONMENT } from './fault-cases.js';

describe('faults of environment variables', () => {
  it.each([
    [{ DEPLOY_ADMIN_TOKEN: 'short' }, 'DEPLOY_ADMIN_TOKEN', 'shorter than 20'],
    [{ DEPLOY_ADMIN_TOKEN: `${'x'.repeat(24)}\n` }, 'DEPLOY_ADMIN_TOKEN', 'line break'],
    [{ DEPLOY_LISTEN: '8080' }, 'DEPLOY_LISTEN', 'host:port'],
    [{ DEPLOY_STORAGE: 'postgres://u:p@h/d' }, 'DEPLOY_STORAGE', 'not supported yet'],
    [{ DEPLOY_LOG_LEVEL: 'loud' }, 'DEPLOY_LOG_LEVEL', 'trace, debug'],
    [{ DEPLOY_LOG_FORMAT: 'xml' }, 'DEPLOY_LOG_FORMAT', 'json or pretty'],
    [{ DOCKER_HOST: 'ssh://u@h' }, 'engines.local', 'not supported yet'],
    [{ DOCKER_HOST: 'tcp://10.0.0.5:2375' }, 'engines.local', 'without tls'],
  ])('%o', (environment, path, message) => {
    const faults = faultsOf('{}\n', environment);
    expect(faults).toHaveLength(1);
    expect(faults[0]?.startsWith(`1:1: ${path}: `)).toBe(true);
    expect(faults[0]).toContain(message);
  });

  it('reports that the file reuses the admin token and its name', () => {
    const text = "access:\n  tokens:\n    - { name: admin, role: viewer, secret: '${A}' }\n";
    const faults = faultsOf(text, { A: ENVIRONMENT.A, DEPLOY_ADMIN_TOKEN: ENVIRONMENT.A });
    expect(faults.map((fault) => fault.slice(0, 40))).toEqual([
      expect.stringContaining('3:15: access.tokens[0].name: the name'),
      expect.stringContaining('3:44: access.tokens[0].secret: is the s'),
    ]);
  });
});
