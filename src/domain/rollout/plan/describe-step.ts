import { actionOf, listOf, type HookRun, type HooksIntent, type HookStep } from '../hooks.js';
import type { ExecHook, HookAction } from '../../settings/hook-settings.js';
import { quoted } from '../../quoted.js';
import type { RolloutIntent } from '../intent.js';
import { rolloutNames } from '../rollout-names.js';
import { dependentOf, type DependentIntent, type DependentStep } from '../dependents.js';
import type { DrainSettings } from '../../settings/rollout-settings.js';
import type { Step } from '../step.js';

/** A command in a message is at most so long. */
const LONGEST_COMMAND = 160;

/** One sentence that says what a step does. It shows no value of the environment, header, path of an address or secret. */
export function describeHookStep(step: HookStep, intent: RolloutIntent): string {
  const { hook } = rolloutNames(intent.container);
  if (step.name === 'remove-hook') return `remove ${hook}, which a hook left; its own volumes too`;
  const action = actionOf(step, intent);
  return `hook ${hookInWords(step, intent)}: ${inWords(action, intent.container)}, within ${String(action.timeoutMs / 1000)} s`;
}

/** Which action it is, for people: `before 1 of 2`. */
export function hookInWords(step: HookRun, { hooks }: HooksIntent): string {
  const list = listOf(step);
  return `${list} ${String(step.index + 1)} of ${String(hooks[list].length)}`;
}

function inWords(action: HookAction, container: string): string {
  if (action.kind === 'http') return `${action.method} to ${action.origin}`;
  const command = action.command === null ? 'its own command' : commandInWords(action.command);
  if (action.kind === 'exec')
    return `execute ${command} in ${containerInWords(action.in, container)}`;
  return `run ${command} in ${rolloutNames(container).hook}, a one-off container of the new image`;
}

function containerInWords(which: ExecHook['in'], container: string): string {
  return which === 'serving' ? `the ${container} that serves then` : `the ${which} ${container}`;
}

function commandInWords(command: readonly string[]): string {
  const words = command.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : quoted(word)));
  const text = words.join(' ');
  return text.length > LONGEST_COMMAND ? `${text.slice(0, LONGEST_COMMAND)}…` : text;
}

/** One sentence that says what a step does to a container that depends on the replaced one. */
export function describeDependentStep(step: DependentStep, intent: RolloutIntent): string {
  const dependent = dependentOf(intent, step.of);
  const { name, image } = dependent;
  const names = rolloutNames(name);
  const isNew = step.id !== step.of;
  const which = isNew ? `the new ${name}` : name;
  switch (step.name) {
    case 'create-dependent':
      return `create ${names.candidate} from the image of ${name} with its settings, bound to the new ${intent.container}`;
    case 'return-dependent-tag':
      return `point ${image} to what it was before ${name} was created`;
    case 'stop-dependent':
      return isNew
        ? `stop ${which}`
        : `stop ${name}, which depends on ${intent.container}${waysOf(dependent)}`;
    case 'retire-dependent':
      return `rename ${name} to ${names.old}`;
    case 'name-dependent':
      return `rename ${names.candidate} to ${name}`;
    case 'start-dependent':
      return `start ${which}`;
    case 'verify-dependent':
      return `wait until ${which} ${dependent.proof === 'health' ? 'has proved healthy' : 'has stayed up for a second'}`;
    case 'remove-dependent':
      return isNew ? `remove ${which}; its volumes stay` : `remove ${names.old}; its volumes stay`;
    case 'return-dependent':
      return `give the old ${name} its name back`;
  }
}

function waysOf({ by }: DependentIntent): string {
  return ` (${by.join(', ')})`;
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
