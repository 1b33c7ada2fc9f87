import { dependentOf, type DependentIntent, type DependentStep } from '../dependents.js';
import { rolloutNames, type RolloutIntent } from '../intent.js';

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
