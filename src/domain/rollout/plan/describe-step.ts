import { actionOf, listOf, type HookRun, type HooksIntent, type HookStep } from '../hooks.js';
import type { ExecHook, HookAction } from '../../settings/hook-settings.js';
import { quoted } from '../../quoted.js';
import type { RolloutIntent } from '../intent.js';
import { rolloutNames } from '../rollout-names.js';
import { dependentOf, type DependentIntent, type DependentStep } from '../dependents.js';
import type { DrainSettings } from '../../settings/rollout-settings.js';
import type { Step } from '../step.js';

/** A longer command is cut in messages, in characters. */
const LONGEST_COMMAND = 160;

/** One sentence that says what a hook's step does. It shows no environment values, headers, URL paths or secrets. */
function describeHookStep(step: HookStep, intent: RolloutIntent): string {
  const { hook } = rolloutNames(intent.container);
  if (step.name === 'remove-hook')
    return `remove ${hook}, left behind by a hook, with its anonymous volumes`;
  const action = actionOf(step, intent);
  return `hook ${hookInWords(step, intent)}: ${inWords(action, intent.container)}, within ${String(action.timeoutMs / 1000)} s`;
}

/** Which action it is, human-readable: `before 1 of 2`. */
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
  return which === 'serving' ? `the serving ${container}` : `the ${which} ${container}`;
}

function commandInWords(command: readonly string[]): string {
  const words = command.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : quoted(word)));
  const text = words.join(' ');
  return text.length > LONGEST_COMMAND ? `${text.slice(0, LONGEST_COMMAND)}…` : text;
}

/** One sentence that says what a step does to a dependent. */
function describeDependentStep(step: DependentStep, intent: RolloutIntent): string {
  const dependent = dependentOf(intent, step.of);
  const { name, image } = dependent;
  const names = rolloutNames(name);
  const isNew = step.id !== step.of;
  const which = isNew ? `the new ${name}` : name;
  switch (step.name) {
    case 'create-dependent':
      return `create ${names.candidate} from the image of ${name} with its settings, bound to the new ${intent.container}`;
    case 'return-dependent-tag':
      return `point ${image} to the image that it named before ${name} was created`;
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
      return `wait until ${which} ${dependent.proof === 'health' ? 'is healthy' : 'has stayed up for a second'}`;
    case 'remove-dependent':
      return `remove ${isNew ? which : names.old}, keeping its volumes`;
    case 'return-dependent':
      return `rename the old container of ${name} to ${name} again`;
  }
}

function waysOf({ by }: DependentIntent): string {
  return ` (${by.join(', ')})`;
}

/** One sentence that says what a step does: the same in the log, the dry run and the tests. */
export function describeStep(step: Step, intent: RolloutIntent): string {
  const names = rolloutNames(intent.container);
  switch (step.name) {
    case 'pull':
      return `pull ${intent.repository}@${intent.digest}`;
    case 'clear-leftover':
      return `remove ${step.container}, left over from an earlier deployment`;
    case 'create':
      return `point ${intent.image} to the pulled image and create ${names.candidate} from it with the settings of ${names.final}`;
    case 'connect-new':
      return `connect ${names.candidate} to ${intent.furtherNetworks.join(', ')}`;
    case 'carry-files':
      return `copy ${intent.files.join(', ')}, which compose wrote into ${names.final}, into ${names.candidate}`;
    case 'compare':
      return `compare the settings of ${names.candidate} with those of ${names.final}, apart from the images' defaults`;
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
      return `create the network ${waitingName(intent)}, which binds no host ports, for the new container to wait on`;
    case 'park-new':
      return `connect ${names.candidate} to ${waitingName(intent)} only, so that it does not claim the ports of ${names.final}`;
    case 'attach-new':
      return `connect ${names.candidate} to ${networkNames(intent)} as well, without aliases: it can reach other containers, but clients do not find it yet`;
    case 'join-new':
      return `reconnect ${names.candidate} to ${networkNames(intent)} with its aliases and the name ${names.final}: from now on clients find it`;
    case 'drain-old':
      return `drain the old ${names.final}: ${drainInWords(intent.drain)}`;
    case 'hand-over':
      return `hand over: disconnect the old ${names.final} from ${networkNames(intent)}, which frees its ports, and connect ${names.candidate}, which is already running`;
    case 'arm-new':
      return `give the new container the old one's restart policy`;
    case 'watch-new':
      return `keep the old container for ${String(intent.watchMs / 1000)} s, during which the new one has to stay healthy`;
    case 'disarm-old':
      return `set the restart policy of the old container to "no", so that only the new one comes back after a restart of the engine`;
    case 'verify-new':
      return `wait until the new ${names.final} is healthy`;
    case 'remove-old':
      return `remove ${names.old}, keeping its volumes`;
    case 'remove-twin':
      return `remove ${names.twin}`;
    case 'stop-new':
      return `stop the new container`;
    case 'disarm-new':
      return `set the restart policy of the new container to "no"`;
    case 'set-aside-new':
      return `save the last log lines of the new container and rename it to ${names.failed}`;
    case 'recreate-old':
      return `recreate the old container from its recorded settings and its old image`;
    case 'hand-back':
      return `hand back: disconnect the new container from ${networkNames(intent)} and connect the old one, which gets its ports back`;
    case 'remove-waiting-network':
      return `remove the network ${waitingName(intent)}, unless another rollout needs it`;
    case 'return-name':
      return `rename the old container to ${names.final} again`;
    case 'rearm-old':
      return `restore the restart policy of the old container`;
    case 'start-old':
      return `start the old container`;
    case 'verify-old':
      return `wait until the old container is healthy`;
    case 'restore-tag':
      return `point ${intent.image} to the old image again`;
    case 'remove-new':
      return `remove the new container, keeping its volumes`;
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
      ? ` and connect it to ${networks.map(({ name }) => name).join(', ')} right away, without aliases`
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
