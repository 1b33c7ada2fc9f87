import { DeployError } from '../domain/errors.js';
import { quoted } from '../domain/quoted.js';
import type { Thrown } from './protocol.js';

/** A handler that did not do what it was asked to: its fault, told for people with its name and the place. */
export class HandlerFailure extends DeployError {
  constructor(message: string) {
    super('handler-failed', onOneLine(message));
    this.name = 'HandlerFailure';
  }
}

/** `what it threw (file:line:column)`. */
export function thrownText({ message, place }: Thrown): string {
  return place === null ? message : `${message} (${place})`;
}

/** A text of the handler's, without what would break a line or be a command to a terminal. */
export function onOneLine(text: string): string {
  return text
    .replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ')
    .replace(/\p{Cf}/gu, (found) => quoted(found).slice(1, -1))
    .trim();
}
