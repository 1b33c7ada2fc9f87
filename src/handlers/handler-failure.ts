import { DeployError } from '../domain/errors.js';
import { quoted } from '../domain/quoted.js';
import type { Thrown } from './protocol.js';

/** An error of a handler, with a human-readable message that names the handler and the place in its code. */
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

/** A string from the handler, without line breaks and terminal control characters. */
export function onOneLine(text: string): string {
  return text
    .replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ')
    .replace(/\p{Cf}/gu, (found) => quoted(found).slice(1, -1))
    .trim();
}
