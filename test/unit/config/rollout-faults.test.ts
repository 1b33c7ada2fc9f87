import { describe } from 'vitest';
import { itReports, STAGING, TAG, WEB } from './fault-cases.js';

describe('faults of rollouts', () => {
  itReports([
    [
      'an unknown strategy',
      `${STAGING}    rollout: { strategy: blue-green }\n`,
      '3:26: environments.staging.rollout.strategy',
      'recreate, start-first',
    ],
    [
      'an unknown onFailure',
      `${STAGING}    rollout: { onFailure: retry }\n`,
      '3:27: environments.staging.rollout.onFailure',
      'rollback or leave',
    ],
    [
      'a fraction of an image',
      `${STAGING}    rollout: { keepImages: 1.5 }\n`,
      '3:28: environments.staging.rollout.keepImages',
      'a number of images from 0 to 1000',
    ],
    [
      'a negative number of images',
      `${STAGING}    rollout: { keepImages: -1 }\n`,
      '3:28: environments.staging.rollout.keepImages',
      'a number of images from 0 to 1000',
    ],
    [
      'a timeout of 0',
      `${STAGING}    rollout: { health: { timeout: 0s } }\n`,
      '3:35: environments.staging.rollout.health.timeout',
      'from 1ms',
    ],
    [
      'a number as a duration',
      `${STAGING}    rollout: { health: { stableFor: 5 } }\n`,
      '3:37: environments.staging.rollout.health.stableFor',
      '30s',
    ],
    [
      'two probes',
      `${STAGING}    rollout: { health: { http: { port: 1 }, tcp: { port: 1 } } }\n`,
      '3:45: environments.staging.rollout.health.tcp',
      'only one of http, tcp and exec',
    ],
    [
      'a probe without a port',
      `${STAGING}    rollout: { health: { http: { path: / } } }\n`,
      '3:26: environments.staging.rollout.health.http.port',
      'is missing',
    ],
    [
      'a port as a string',
      `${STAGING}    rollout: { health: { tcp: { port: '80' } } }\n`,
      '3:39: environments.staging.rollout.health.tcp.port',
      'from 1 to 65535',
    ],
    [
      'a port of 0',
      `${STAGING}    rollout: { health: { tcp: { port: 0 } } }\n`,
      '3:39: environments.staging.rollout.health.tcp.port',
      'from 1 to 65535',
    ],
    [
      'a path without a slash',
      `${STAGING}    rollout: { health: { http: { port: 1, path: x } } }\n`,
      '3:49: environments.staging.rollout.health.http.path',
      '/healthz',
    ],
    [
      'an invalid status',
      `${STAGING}    rollout: { health: { http: { port: 1, status: 99 } } }\n`,
      '3:51: environments.staging.rollout.health.http.status',
      'from 100 to 599',
    ],
    [
      'an interval that is too short',
      `${STAGING}    rollout: { health: { tcp: { port: 1, interval: 1ms } } }\n`,
      '3:52: environments.staging.rollout.health.tcp.interval',
      '10ms',
    ],
    [
      'a fallback that is not a boolean',
      `${STAGING}    rollout: { fallback: maybe }\n`,
      '3:26: environments.staging.rollout.fallback',
      'is not allowed here',
    ],
    [
      'a watch that is not a duration',
      `${STAGING}    rollout: { watch: 30 }\n`,
      '3:23: environments.staging.rollout.watch',
      'is not a duration',
    ],
    [
      'aliases with an unknown value',
      `${STAGING}    rollout: { aliases: never }\n`,
      '3:25: environments.staging.rollout.aliases',
      'when-healthy',
    ],
    [
      'an overlap that is neither forbidden nor allowed',
      `${STAGING}    rollout: { overlap: true }\n`,
      '3:25: environments.staging.rollout.overlap',
      'forbidden',
    ],
    [
      'an empty drain',
      `${STAGING}    rollout: { drain: {} }\n`,
      '3:23: environments.staging.rollout.drain',
      'write signal, http or wait',
    ],
    [
      'a drain by a signal that a process cannot handle',
      `${STAGING}    rollout: { drain: { signal: SIGKILL } }\n`,
      '3:33: environments.staging.rollout.drain.signal',
      'SIGUSR1',
    ],
    [
      'a drain by a signal and a request',
      `${STAGING}    rollout: { drain: { signal: SIGUSR1, http: { port: 80, path: /drain } } }\n`,
      '3:42: environments.staging.rollout.drain.http',
      'only one of signal and http',
    ],
    [
      'a drain request without a path',
      `${STAGING}    rollout: { drain: { http: { port: 80 } } }\n`,
      '3:25: environments.staging.rollout.drain.http.path',
      'is missing',
    ],
    [
      'a command as a string',
      `${STAGING}    rollout: { health: { exec: { command: ls } } }\n`,
      '3:43: environments.staging.rollout.health.exec.command',
      'a list',
    ],
    [
      'an empty command',
      `${STAGING}    rollout: { health: { exec: { command: [] } } }\n`,
      '3:43: environments.staging.rollout.health.exec.command',
      'no program',
    ],
    [
      'no command',
      `${STAGING}    rollout: { health: { exec: {} } }\n`,
      '3:26: environments.staging.rollout.health.exec.command',
      'is missing',
    ],
    [
      'a fault in a service’s own rollout',
      `${WEB}${TAG}        rollout: { health: { nix: 1 } }\n`,
      '8:30: environments.staging.services.web.rollout.health.nix',
      'unknown key',
    ],
  ]);
});
