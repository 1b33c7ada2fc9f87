import {
  actionOf,
  listOf,
  type ExecHook,
  type HookAction,
  type HookRun,
  type HooksIntent,
  type HookStep,
} from '../hooks.js';
import { quoted } from '../../quoted.js';
import { rolloutNames, type RolloutIntent } from '../intent.js';

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
