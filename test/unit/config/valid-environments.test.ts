import { describe, expect, it } from 'vitest';
import { NO_POLICY } from '../../../src/domain/settings/policy-settings.js';
import { configurationOf } from './configuration-folder.js';

/** The default settings of a rollout, except health. */
const PLAIN = {
  strategy: 'recreate',
  fallback: false,
  watchMs: null,
  drain: null,
  aliases: 'when-healthy',
  overlap: 'forbidden',
  onFailure: 'rollback',
  keepImages: 2,
} as const;

describe('environments', () => {
  it('have services with canonical repositories, tag rules and default rollout settings', () => {
    const text = `
environments:
  staging:
    policy: {}
    rollout: { strategy: recreate, fallback: false, watch: 0s, aliases: when-healthy, overlap: forbidden }
    services:
      a: { container: ab, image: nginx, tag: 1.10 }
      b: { container: bc, image: ghcr.io/acme/b, tag: { semver: '^1.4' } }
      c: { container: cd, image: acme/c, tag: { glob: 'release-*' } }
      d: { container: de, image: acme/d, tag: { regex: '^v\\d+$' } }
`;
    const [staging] = configurationOf(text).environments;
    expect(staging?.services[0]).toEqual({
      name: 'a',
      environment: 'staging',
      engine: 'local',
      container: 'ab',
      repository: 'docker.io/library/nginx',
      tagRule: { kind: 'exact', tag: '1.10' },
      policy: NO_POLICY,
      handler: null,
      rollout: {
        ...PLAIN,
        watchMs: 0,
        health: { timeoutMs: null, stableForMs: null, probe: null },
      },
      hooks: { before: [], after: [], onFailure: [] },
    });
    expect(staging?.services.slice(1).map((each) => [each.repository, each.tagRule])).toEqual([
      ['ghcr.io/acme/b', { kind: 'semver', range: '^1.4' }],
      ['docker.io/acme/c', { kind: 'glob', pattern: 'release-*' }],
      ['docker.io/acme/d', { kind: 'regex', pattern: '^v\\d+$' }],
    ]);
  });

  it('read ignore as a list, and allowDowngrade', () => {
    const text = `
environments:
  staging:
    services:
      a: { container: ab, image: a/b, tag: { semver: '^1', allowDowngrade: true, ignore: ['*-debug', '*-arm'] } }
      b: { container: bc, image: a/b, tag: { ignore: '*-debug', glob: '*' } }
      c: { container: cd, image: a/b, tag: { regex: '.', ignore: [1.10] } }
`;
    expect(configurationOf(text).environments[0]?.services.map(({ tagRule }) => tagRule)).toEqual([
      { kind: 'semver', range: '^1', allowDowngrade: true, ignore: ['*-debug', '*-arm'] },
      { kind: 'glob', pattern: '*', ignore: ['*-debug'] },
      { kind: 'regex', pattern: '.', ignore: ['1.10'] },
    ]);
  });

  it('let a service override the rollout key by key, but a probe as a whole', () => {
    const text = `
environments:
  staging:
    rollout: { onFailure: leave, health: { timeout: 2m, stableFor: 1s, http: { port: 80, path: /up, status: 204 } } }
    services:
      a: { container: ab, image: acme/a, tag: x }
      b: { container: bc, image: acme/b, tag: x, rollout: { onFailure: rollback, health: { stableFor: 0s, tcp: { port: 81 } } } }
      c: { container: cd, image: acme/c, tag: x, rollout: { health: { http: { port: 82 } } } }
      d: { container: de, image: acme/d, tag: x, rollout: { health: { exec: { command: [check, 1], interval: 500ms } } } }
`;
    const rollouts = configurationOf(text).environments[0]?.services.map(({ rollout }) => rollout);
    const health = { timeoutMs: 120_000, stableForMs: 1000 };
    expect(rollouts).toEqual([
      {
        ...PLAIN,
        onFailure: 'leave',
        health: {
          ...health,
          probe: { kind: 'http', port: 80, path: '/up', status: 204, intervalMs: 1000 },
        },
      },
      {
        ...PLAIN,
        health: { ...health, stableForMs: 0, probe: { kind: 'tcp', port: 81, intervalMs: 1000 } },
      },
      {
        ...PLAIN,
        onFailure: 'leave',
        health: {
          ...health,
          probe: { kind: 'http', port: 82, path: '/', status: 200, intervalMs: 1000 },
        },
      },
      {
        ...PLAIN,
        onFailure: 'leave',
        health: { ...health, probe: { kind: 'exec', command: ['check', '1'], intervalMs: 500 } },
      },
    ]);
  });

  it('let a service override each setting of a strategy', () => {
    const text = `
environments:
  staging:
    rollout: { strategy: auto, fallback: true, watch: 1m, aliases: at-start, overlap: allowed, drain: { signal: SIGUSR1, wait: 5s }, keepImages: 5 }
    services:
      a: { container: ab, image: acme/a, tag: x }
      b: { container: bc, image: acme/b, tag: x, rollout: { strategy: handover, fallback: false, watch: 0s, aliases: when-healthy, overlap: forbidden, drain: { http: { port: 80, path: /drain } }, keepImages: 0 } }
`;
    const rollouts = configurationOf(text).environments[0]?.services.map(({ rollout }) => rollout);
    const health = { timeoutMs: null, stableForMs: null, probe: null };
    expect(rollouts).toEqual([
      {
        strategy: 'auto',
        fallback: true,
        watchMs: 60_000,
        aliases: 'at-start',
        overlap: 'allowed',
        drain: { signal: 'SIGUSR1', http: null, waitMs: 5_000 },
        onFailure: 'rollback',
        keepImages: 5,
        health,
      },
      {
        ...PLAIN,
        strategy: 'handover',
        watchMs: 0,
        drain: { signal: null, http: { port: 80, path: '/drain' }, waitMs: 0 },
        keepImages: 0,
        health,
      },
    ]);
  });

  it('can use the same container name on two engines, and share values by alias', () => {
    const text = `
engines: { local: {}, two: { host: 'unix:///run/two.sock' } }
environments:
  a: { services: &services { web: { container: web, image: acme/web, tag: x } } }
  b: { engine: two, services: *services }
`;
    const services = configurationOf(text).environments.flatMap(
      (environment) => environment.services,
    );
    expect(services.map(({ environment, engine }) => [environment, engine])).toEqual([
      ['a', 'local'],
      ['b', 'two'],
    ]);
  });
});
