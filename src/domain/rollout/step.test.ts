import { describe, expect, it } from 'vitest';
import { isDecision, type Step } from './step.js';
import { describeStep } from './plan/describe-step.js';
import { anIntent, DIGEST } from '../testing/builders.js';
import { anExecHook, anHttpHook, aRunHook } from '../testing/hook-builders.js';
import { aDependent } from '../testing/dependent-starts.js';

const id = 'container-1';
const of = 'worker';

/** One of each step, with what is said of it. The compiler demands every name. */
const SENTENCES: {
  readonly [Name in Step['name']]: readonly [Extract<Step, { name: Name }>, string];
} = {
  pull: [{ name: 'pull' }, `pull docker.io/acme/web@${DIGEST}`],
  'clear-leftover': [
    { name: 'clear-leftover', id, container: 'web.deploy-failed' },
    'remove web.deploy-failed, left over by an earlier deployment',
  ],
  create: [
    { name: 'create' },
    'point acme/web:latest to the pulled image and create web.deploy-new from it with the settings of web',
  ],
  'connect-new': [{ name: 'connect-new', id }, 'connect web.deploy-new to back, monitoring'],
  'carry-files': [
    { name: 'carry-files', id },
    'copy /run/secrets/token into web.deploy-new: compose had written them into web',
  ],
  compare: [
    { name: 'compare', id },
    "compare the settings of web.deploy-new with those of web, the images' defaults set apart",
  ],
  'create-twin': [
    { name: 'create-twin' },
    'create web.deploy-twin, a copy of web that keeps its volumes while it is stopped (it was run with --rm)',
  ],
  'make-waiting-network': [
    { name: 'make-waiting-network' },
    'make the network 0-deploy-wait-br0, on which no host port is bound, for the new container to wait on',
  ],
  'park-new': [
    { name: 'park-new', id },
    'put web.deploy-new on 0-deploy-wait-br0 alone, so that it does not ask for the ports of web',
  ],
  'attach-new': [
    { name: 'attach-new', id },
    'connect web.deploy-new to front, data too, without aliases: it reaches its neighbours, and nobody finds it yet',
  ],
  'join-new': [
    { name: 'join-new', id },
    'connect web.deploy-new to front, data anew, with its aliases and the name web: from here on clients find it',
  ],
  'drain-old': [
    { name: 'drain-old', id },
    'tell the old web to finish: send it SIGUSR1, then wait 5 s',
  ],
  'hand-over': [
    { name: 'hand-over', id },
    'hand over: take the old web off front, data, which frees its ports, and give them to web.deploy-new, which is up already',
  ],
  'arm-new': [{ name: 'arm-new', id }, 'give the new container the restart policy of the old one'],
  'watch-new': [
    { name: 'watch-new', id },
    'keep the old container at hand for 30 s while the new one has to stay healthy',
  ],
  'hand-back': [
    { name: 'hand-back', id },
    'hand back: take the new container off front, data and give them, and its ports, to the old one',
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
  'verify-new': [{ name: 'verify-new', id }, 'wait until the new web has proved healthy'],
  'remove-old': [{ name: 'remove-old', id }, 'remove web.deploy-old; its volumes stay'],
  'remove-twin': [{ name: 'remove-twin', id }, 'remove web.deploy-twin'],
  'stop-new': [{ name: 'stop-new', id }, 'stop the new container'],
  'disarm-new': [{ name: 'disarm-new', id }, 'set the restart policy of the new container to "no"'],
  'set-aside-new': [
    { name: 'set-aside-new', id },
    'keep the last log lines of the new container and rename it to web.deploy-failed',
  ],
  'recreate-old': [
    { name: 'recreate-old' },
    'create the old container again from its recorded settings and its old image',
  ],
  'return-name': [{ name: 'return-name', id }, 'give the old container its name web back'],
  'rearm-old': [{ name: 'rearm-old', id }, 'give the old container its restart policy back'],
  'start-old': [{ name: 'start-old', id }, 'start the old container'],
  'verify-old': [{ name: 'verify-old', id }, 'wait until the old container has proved healthy'],
  'restore-tag': [{ name: 'restore-tag' }, 'point acme/web:latest to the old image again'],
  'remove-new': [{ name: 'remove-new', id }, 'remove the new container; its volumes stay'],
  'create-dependent': [
    { name: 'create-dependent', of, id: of },
    'create worker.deploy-new from the image of worker with its settings, bound to the new web',
  ],
  'return-dependent-tag': [
    { name: 'return-dependent-tag', of, id: of },
    'point acme/worker:latest to what it was before worker was created',
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
    'remove worker.deploy-old; its volumes stay',
  ],
  'return-dependent': [
    { name: 'return-dependent', of, id: of },
    'give the old worker its name back',
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
    'remove web.deploy-hook, which a hook left; its own volumes too',
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
