import type { DependentStep } from './dependents.js';
import type { Phase, Serving } from '../deployment/deployment.js';
import type { ErrorCode } from '../errors.js';
import type { DrainSettings } from '../settings/environment.js';
import type { HookStep } from './hooks.js';
import { rolloutNames, type RolloutIntent } from './intent.js';
import { describeDependentStep } from './plan/step-dependents.js';
import { describeHookStep } from './plan/step-hooks.js';

/**
 * Everything that a rollout can do next. The first group acts on the engine, the second only decides.
 * Each step is idempotent.
 */
export type Step =
  | { readonly name: 'pull' }
  | { readonly name: 'clear-leftover'; readonly id: string; readonly container: string }
  | { readonly name: 'create' }
  | { readonly name: 'connect-new'; readonly id: string }
  | { readonly name: 'carry-files'; readonly id: string }
  | { readonly name: 'compare'; readonly id: string }
  | { readonly name: 'create-twin' }
  | { readonly name: 'make-waiting-network' }
  | { readonly name: 'park-new'; readonly id: string }
  | { readonly name: 'attach-new'; readonly id: string }
  | { readonly name: 'join-new'; readonly id: string }
  | { readonly name: 'drain-old'; readonly id: string }
  | { readonly name: 'hand-over'; readonly id: string }
  | { readonly name: 'arm-new'; readonly id: string }
  | { readonly name: 'watch-new'; readonly id: string }
  | { readonly name: 'stop-old'; readonly id: string }
  | { readonly name: 'retire-old'; readonly id: string }
  | { readonly name: 'take-name'; readonly id: string }
  | { readonly name: 'start-new'; readonly id: string }
  | { readonly name: 'disarm-old'; readonly id: string }
  | { readonly name: 'verify-new'; readonly id: string }
  | { readonly name: 'remove-old'; readonly id: string }
  | { readonly name: 'remove-twin'; readonly id: string }
  | { readonly name: 'stop-new'; readonly id: string }
  | { readonly name: 'disarm-new'; readonly id: string }
  | { readonly name: 'set-aside-new'; readonly id: string }
  | { readonly name: 'recreate-old' }
  | { readonly name: 'hand-back'; readonly id: string }
  | { readonly name: 'remove-waiting-network' }
  | { readonly name: 'return-name'; readonly id: string }
  | { readonly name: 'rearm-old'; readonly id: string }
  | { readonly name: 'start-old'; readonly id: string }
  | { readonly name: 'verify-old'; readonly id: string }
  | { readonly name: 'restore-tag' }
  | { readonly name: 'remove-new'; readonly id: string }
  | HookStep
  | DependentStep
  | Decision;

/** A step that only changes what the rollout wants, or ends it. */
export type Decision =
  | { readonly name: 'give-up'; readonly code: ErrorCode; readonly message: string }
  | { readonly name: 'finish'; readonly phase: Phase; readonly serving: Serving };

export type StepName = Step['name'];
export type EngineStep = Exclude<Step, Decision>;

export function isDecision(step: Step): step is Decision {
  return step.name === 'give-up' || step.name === 'finish';
}

/** One sentence that says what a step does: the same for the log, the dry run, the dashboard and the tests. */
export function describeStep(step: Step, intent: RolloutIntent): string {
  const names = rolloutNames(intent.container);
  switch (step.name) {
    case 'pull':
      return `pull ${intent.repository}@${intent.digest}`;
    case 'clear-leftover':
      return `remove ${step.container}, left over by an earlier deployment`;
    case 'create':
      return `point ${intent.image} to the pulled image and create ${names.candidate} from it with the settings of ${names.final}`;
    case 'connect-new':
      return `connect ${names.candidate} to ${intent.furtherNetworks.join(', ')}`;
    case 'carry-files':
      return `copy ${intent.files.join(', ')} into ${names.candidate}: compose had written them into ${names.final}`;
    case 'compare':
      return `compare the settings of ${names.candidate} with those of ${names.final}, the images' defaults set apart`;
    case 'create-twin':
      return `create ${names.twin}, a copy of ${names.final} that keeps its volumes while it is stopped (it was run with --rm)`;
    case 'stop-old':
      return `stop ${names.final}, with its own stop signal and timeout`;
    case 'retire-old':
      return `rename the old container to ${names.old}`;
    case 'take-name':
      return `rename ${names.candidate} to ${names.final}`;
    case 'start-new':
      return startOfNew(intent);
    case 'make-waiting-network':
      return `make the network ${waitingName(intent)}, on which no host port is bound, for the new container to wait on`;
    case 'park-new':
      return `put ${names.candidate} on ${waitingName(intent)} alone, so that it does not ask for the ports of ${names.final}`;
    case 'attach-new':
      return `connect ${names.candidate} to ${networkNames(intent)} too, without aliases: it reaches its neighbours, and nobody finds it yet`;
    case 'join-new':
      return `connect ${names.candidate} to ${networkNames(intent)} anew, with its aliases and the name ${names.final}: from here on clients find it`;
    case 'drain-old':
      return `tell the old ${names.final} to finish: ${drainInWords(intent.drain)}`;
    case 'hand-over':
      return `hand over: take the old ${names.final} off ${networkNames(intent)}, which frees its ports, and give them to ${names.candidate}, which is up already`;
    case 'arm-new':
      return `give the new container the restart policy of the old one`;
    case 'watch-new':
      return `keep the old container at hand for ${String(intent.watchMs / 1000)} s while the new one has to stay healthy`;
    case 'disarm-old':
      return `set the restart policy of the old container to "no", so that only the new one comes back after a restart of the engine`;
    case 'verify-new':
      return `wait until the new ${names.final} has proved healthy`;
    case 'remove-old':
      return `remove ${names.old}; its volumes stay`;
    case 'remove-twin':
      return `remove ${names.twin}`;
    case 'stop-new':
      return `stop the new container`;
    case 'disarm-new':
      return `set the restart policy of the new container to "no"`;
    case 'set-aside-new':
      return `keep the last log lines of the new container and rename it to ${names.failed}`;
    case 'recreate-old':
      return `create the old container again from its recorded settings and its old image`;
    case 'hand-back':
      return `hand back: take the new container off ${networkNames(intent)} and give them, and its ports, to the old one`;
    case 'remove-waiting-network':
      return `remove the network ${waitingName(intent)}, unless another rollout needs it`;
    case 'return-name':
      return `give the old container its name ${names.final} back`;
    case 'rearm-old':
      return `give the old container its restart policy back`;
    case 'start-old':
      return `start the old container`;
    case 'verify-old':
      return `wait until the old container has proved healthy`;
    case 'restore-tag':
      return `point ${intent.image} to the old image again`;
    case 'remove-new':
      return `remove the new container; its volumes stay`;
    case 'run-before-hook':
    case 'run-after-hook':
    case 'run-failure-hook':
    case 'remove-hook':
      return describeHookStep(step, intent);
    case 'create-dependent':
    case 'return-dependent-tag':
    case 'stop-dependent':
    case 'retire-dependent':
    case 'name-dependent':
    case 'start-dependent':
    case 'verify-dependent':
    case 'remove-dependent':
    case 'return-dependent':
      return describeDependentStep(step, intent);
    case 'give-up':
      return `give up: ${step.message}`;
    case 'finish':
      return `end as ${step.phase}`;
  }
}

function startOfNew({ strategy, container, waiting, networks }: RolloutIntent): string {
  const { final, candidate } = rolloutNames(container);
  if (strategy === 'recreate') return `start the new ${final}`;
  if (strategy === 'start-first') return `start ${candidate} beside ${final}`;
  const then =
    waiting?.kind === 'macvlan' && networks.length > 0
      ? ` and connect it to ${networks.map(({ name }) => name).join(', ')} at once, without aliases`
      : '';
  return `start ${candidate} beside ${final}${then}; its host ports stay with ${final}`;
}

function waitingName({ waiting }: RolloutIntent): string {
  return waiting?.name ?? 'none';
}

function networkNames({ networks }: RolloutIntent): string {
  return networks.map(({ name }) => name).join(', ');
}

function drainInWords(drain: DrainSettings | null): string {
  const said = [
    drain?.signal == null ? null : `send it ${drain.signal}`,
    drain?.http == null ? null : `GET ${drain.http.path} of its port ${String(drain.http.port)}`,
    `wait ${String((drain?.waitMs ?? 0) / 1000)} s`,
  ];
  return said.filter((part) => part !== null).join(', then ');
}
