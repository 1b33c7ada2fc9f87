import { describe, expect, it } from 'vitest';
import { isDecision, type Step } from './step.js';
import { describeStep } from './plan/describe-step.js';
import { anIntent, DIGEST } from '../testing/builders.js';
import { anExecHook, anHttpHook, aRunHook } from '../testing/hook-builders.js';
import { aDependent } from '../testing/dependent-starts.js';

const id = 'container-1';
const of = 'worker';

/** One of each step, with its description. The compiler demands every name. */
const SENTENCES: {
  readonly [Name in Step['name']]: readonly [Extract<Step, { name: Name }>, string];
} = {
  pull: [{ name: 'pull' }, `pull docker.io/acme/web@${DIGEST}`],
  'clear-leftover': [
    { name: 'clear-leftover', id, container: 'web.deploy-failed' },
    'remove web.deploy-failed, left over from an earlier deployment',
  ],
  create: [
    { name: 'create' },
    'point acme/web:latest to the pulled image and create web.deploy-new from it with the settings of web',
  ],
  'connect-new': [{ name: 'connect-new', id }, 'connect web.deploy-new to back, monitoring'],
  'carry-files': [
    { name: 'carry-files', id },
    'copy /run/secrets/token, which compose wrote into web, into web.deploy-new',
  ],
  compare: [
    { name: 'compare', id },
    "compare the settings of web.deploy-new with those of web, apart from the images' defaults",
  ],
  'create-twin': [
    { name: 'create-twin' },
    'create web.deploy-twin, a copy of web that keeps its volumes while it is stopped (it was run with --rm)',
  ],
  'make-waiting-network': [
    { name: 'make-waiting-network' },
    'create the network 0-deploy-wait-br0, which binds no host ports, for the new container to wait on',
  ],
  'park-new': [
    { name: 'park-new', id },
    'connect web.deploy-new to 0-deploy-wait-br0 only, so that it does not claim the ports of web',
  ],
  'attach-new': [
    { name: 'attach-new', id },
    'connect web.deploy-new to front, data as well, without aliases: it can reach other containers, but clients do not find it yet',
  ],
  'join-new': [
    { name: 'join-new', id },
    'reconnect web.deploy-new to front, data with its aliases and the name web: from now on clients find it',
  ],
  'drain-old': [{ name: 'drain-old', id }, 'drain the old web: send it SIGUSR1, then wait 5 s'],
  'hand-over': [
    { name: 'hand-over', id },
    'hand over: disconnect the old web from front, data, which frees its ports, and connect web.deploy-new, which is already running',
  ],
  'arm-new': [{ name: 'arm-new', id }, "give the new container the old one's restart policy"],
  'watch-new': [
    { name: 'watch-new', id },
    'keep the old container for 30 s, during which the new one has to stay healthy',
  ],
  'hand-back': [
    { name: 'hand-back', id },
    'hand back: disconnect the new container from front, data and connect the old one, which gets its ports back',
  ],
  'remove-waiting-network': [
    { name: 'remove-waiting-network' },
    'remove the network 0-deploy-wait-br0, unless another rollout needs it',
  ],
  'stop-old': [{ name: 'stop-old', id }, 'stop web, with its own stop signal and timeout'],
  'retire-old': [{ name: 'retire-old', id }, 'rename the old container to web.deploy-old'],
  'take-name': [{ name: 'take-name', id }, 'rename web.deploy-new to web'],
  'start-new': [{ name: 'start-new', id }, 'start the new web'],
  'disarm-old': [
    { name: 'disarm-old', id },
    'set the restart policy of the old container to "no", so that only the new one comes back after a restart of the engine',
  ],
  'verify-new': [{ name: 'verify-new', id }, 'wait until the new web is healthy'],
  'remove-old': [{ name: 'remove-old', id }, 'remove web.deploy-old, keeping its volumes'],
  'remove-twin': [{ name: 'remove-twin', id }, 'remove web.deploy-twin'],
  'stop-new': [{ name: 'stop-new', id }, 'stop the new container'],
  'disarm-new': [{ name: 'disarm-new', id }, 'set the restart policy of the new container to "no"'],
  'set-aside-new': [
    { name: 'set-aside-new', id },
    'save the last log lines of the new container and rename it to web.deploy-failed',
  ],
  'recreate-old': [
    { name: 'recreate-old' },
    'recreate the old container from its recorded settings and its old image',
  ],
  'return-name': [{ name: 'return-name', id }, 'rename the old container to web again'],
  'rearm-old': [{ name: 'rearm-old', id }, 'restore the restart policy of the old container'],
  'start-old': [{ name: 'start-old', id }, 'start the old container'],
  'verify-old': [{ name: 'verify-old', id }, 'wait until the old container is healthy'],
  'restore-tag': [{ name: 'restore-tag' }, 'point acme/web:latest to the old image again'],
  'remove-new': [{ name: 'remove-new', id }, 'remove the new container, keeping its volumes'],
  'create-dependent': [
    { name: 'create-dependent', of, id: of },
    'create worker.deploy-new from the image of worker with its settings, bound to the new web',
  ],
  'return-dependent-tag': [
    { name: 'return-dependent-tag', of, id: of },
    'point acme/worker:latest to the image that it named before worker was created',
  ],
  'stop-dependent': [
    { name: 'stop-dependent', of, id: of },
    'stop worker, which depends on web (network)',
  ],
  'retire-dependent': [
    { name: 'retire-dependent', of, id: of },
    'rename worker to worker.deploy-old',
  ],
  'name-dependent': [{ name: 'name-dependent', of, id }, 'rename worker.deploy-new to worker'],
  'start-dependent': [{ name: 'start-dependent', of, id }, 'start the new worker'],
  'verify-dependent': [
    { name: 'verify-dependent', of, id },
    'wait until the new worker has stayed up for a second',
  ],
  'remove-dependent': [
    { name: 'remove-dependent', of, id: of },
    'remove worker.deploy-old, keeping its volumes',
  ],
  'return-dependent': [
    { name: 'return-dependent', of, id: of },
    'rename the old container of worker to worker again',
  ],
  'run-before-hook': [
    { name: 'run-before-hook', index: 1 },
    'hook before 2 of 2: run bin/migrate "all of it" in web.deploy-hook, a one-off container of the new image, within 600 s',
  ],
  'run-after-hook': [
    { name: 'run-after-hook', index: 0 },
    'hook after 1 of 1: execute bin/warm-up in the new web, within 60 s',
  ],
  'run-failure-hook': [
    { name: 'run-failure-hook', index: 0 },
    'hook onFailure 1 of 1: POST to https://ci.example.com, within 10 s',
  ],
  'remove-hook': [
    { name: 'remove-hook', id },
    'remove web.deploy-hook, left behind by a hook, with its anonymous volumes',
  ],
  'give-up': [
    { name: 'give-up', code: 'exited', message: 'the new container exited with code 3' },
    'give up: the new container exited with code 3',
  ],
  finish: [{ name: 'finish', phase: 'succeeded', serving: 'new' }, 'end as succeeded'],
};

describe('a step', () => {
  const intent = anIntent({
    furtherNetworks: ['back', 'monitoring'],
    files: ['/run/secrets/token'],
    networks: ['front', 'data'].map((name) => ({ name, endpoint: {} })),
    waiting: { name: '0-deploy-wait-br0', kind: 'macvlan', parent: 'br0' },
    drain: { signal: 'SIGUSR1', http: null, waitMs: 5_000 },
    watchMs: 30_000,
    dependents: [aDependent()],
    hooks: {
      before: [
        anExecHook(),
        aRunHook({ command: ['bin/migrate', 'all of it'], timeoutMs: 600_000 }),
      ],
      after: [anExecHook({ in: 'new', command: ['bin/warm-up'] })],
      onFailure: [anHttpHook({ timeoutMs: 10_000 })],
    },
  });

  it.each(Object.values(SENTENCES))('reads as a sentence: $name', (step, sentence) => {
    expect(describeStep(step, intent)).toBe(sentence);
  });

  it('only decides, or acts on the engine', () => {
    const steps = Object.values(SENTENCES).map(([step]) => step);
    expect(steps.filter(isDecision).map((step) => step.name)).toEqual(['give-up', 'finish']);
  });
});
