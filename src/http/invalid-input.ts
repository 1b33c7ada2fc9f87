import type { ValidationError } from '@nestjs/common';
import { DeployError } from '../domain/errors.js';
import type { InputError } from './problem.js';

/** Input that violates the rules of its class; `errors` has an entry for each violation. */
export class InvalidInput extends DeployError {
  constructor(readonly errors: readonly InputError[]) {
    super('invalid', errors.map(({ path, message }) => `${path}: ${message}`).join('; '));
    this.name = 'InvalidInput';
  }
}

/** The findings of class-validator, flattened to one entry per violation. */
export function invalidInput(found: readonly ValidationError[]): InvalidInput {
  return new InvalidInput(found.flatMap((error) => flatten(error, '')));
}

function flatten(error: ValidationError, parent: string): InputError[] {
  const path = parent === '' ? error.property : `${parent}.${error.property}`;
  const own = Object.values(error.constraints ?? {}).map((message) => ({ path, message }));
  return [...own, ...(error.children ?? []).flatMap((child) => flatten(child, path))];
}
