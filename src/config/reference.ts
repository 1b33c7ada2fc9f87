import { readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { messageOf } from '../domain/errors.js';
import { shown } from './shown.js';

/** Where the values of `${…}` come from. */
export interface ReferenceSources {
  readonly environment: NodeJS.ProcessEnv;
  /** The base of relative paths: the folder of the configuration file. */
  readonly folder: string;
}

/** The text with its references replaced, or why that is not possible. Problems contain no values. */
export type Resolution = { readonly value: string } | { readonly problems: readonly string[] };

const FORMS = 'write ${NAME}, ${NAME:-default} or ${file:/path}';
const VARIABLE = /^([A-Za-z_][A-Za-z0-9_]*)(?::-([\s\S]*))?$/;
const LARGEST_FILE_BYTES = 65_536;

/**
 * Replaces `${NAME}`, `${NAME:-default}` (the default also applies if NAME is empty, as in a shell) and
 * `${file:/run/secrets/name}` (the content without its trailing newline). A `$` without `{` stays as it is.
 * Replaced values are not expanded again.
 */
export function resolveReferences(text: string, sources: ReferenceSources): Resolution {
  const problems: string[] = [];
  let value = '';
  let rest = text;
  for (let open = rest.indexOf('${'); open >= 0; open = rest.indexOf('${')) {
    const close = rest.indexOf('}', open);
    if (close < 0) {
      problems.push(`a \${ is not closed by }; ${FORMS}`);
      return { problems };
    }
    const found = resolveReference(rest.slice(open + 2, close), sources);
    if ('problem' in found) problems.push(found.problem);
    else value += rest.slice(0, open) + found.value;
    rest = rest.slice(close + 1);
  }
  return problems.length > 0 ? { problems } : { value: value + rest };
}

type Found = { readonly value: string } | { readonly problem: string };

function resolveReference(inner: string, sources: ReferenceSources): Found {
  if (inner.startsWith('file:')) return readSecretFile(inner.slice('file:'.length), sources.folder);
  const match = VARIABLE.exec(inner);
  const name = match?.[1];
  const byDefault = match?.[2];
  if (name === undefined || byDefault?.includes('${') === true) {
    return { problem: `a \${…} is malformed; ${FORMS}` };
  }
  const set = Object.hasOwn(sources.environment, name) ? sources.environment[name] : undefined;
  if (byDefault !== undefined) return { value: set === undefined || set === '' ? byDefault : set };
  if (set !== undefined) return { value: set };
  return {
    problem: `the environment variable ${name} is not set; set it, or write a default: \${${name}:-…}`,
  };
}

function readSecretFile(path: string, folder: string): Found {
  if (path === '')
    return { problem: 'a ${file:…} contains no path; write ${file:/run/secrets/name}' };
  const absolute = resolve(folder, path);
  try {
    const found = statSync(absolute);
    if (!found.isFile())
      return { problem: `${shown(absolute)} is not a file; write the path of a file` };
    if (found.size > LARGEST_FILE_BYTES) {
      return {
        problem: `${shown(absolute)} is larger than 64 KiB; it should contain a single secret`,
      };
    }
    return { value: readFileSync(absolute, 'utf8').replace(/\r?\n$/, '') };
  } catch (error) {
    return {
      problem: `the file cannot be read: ${messageOf(error)}; create it and make it readable`,
    };
  }
}
