// @ts-check
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inspect } from 'node:util';

/** @import { Thrown } from '../protocol.js' */

const LONGEST_MESSAGE = 1_000;
/** This folder, whose stack frames mean nothing to the author. */
const OURS = new URL('./', import.meta.url).href;

/**
 * Describes what was thrown, with the innermost place in the author's own files: `web.mjs:12:9`, relative to the
 * folder of the module.
 * @param {unknown} error
 * @param {string} module `file:` URL of the handler's module
 * @returns {Thrown}
 */
export function describeThrown(error, module) {
  const isError = error instanceof Error;
  const text = isError ? error.message || error.name : `threw ${inspect(error, { depth: 1 })}`;
  const message = text.replace(/\s+/g, ' ').trim().slice(0, LONGEST_MESSAGE);
  return { message, place: isError ? placeIn(error.stack ?? '', module) : null };
}

/**
 * @param {string} stack
 * @param {string} module
 * @returns {string | null}
 */
function placeIn(stack, module) {
  const frames = [...stack.matchAll(/(file:\/\/[^\s()]+?)(:\d+:\d+)/g)];
  const frame = frames.find(([, file = '']) => !file.startsWith(OURS));
  if (frame === undefined) return null;
  const [, file = '', position = ''] = frame;
  const path = fileURLToPath(file);
  const folder = `${dirname(fileURLToPath(module))}/`;
  return `${path.startsWith(folder) ? path.slice(folder.length) : path}${position}`;
}
