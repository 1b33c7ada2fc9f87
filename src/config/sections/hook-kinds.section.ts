import { IsOptional } from 'class-validator';
import type {
  ExecHook,
  HookAction,
  HookList,
  HttpHook,
  RunHook,
} from '../../domain/settings/hook-settings.js';
import { Secret } from '../../domain/secrets/secret.js';
import { readCommand } from '../command.js';
import { IsOneOf } from '../leaf-rules.js';
import type { ConfigNode } from '../config-node.js';
import type { ReadContext } from '../secret-reader.js';
import { Key, readSection, requiredNode } from '../section.js';
import { shownKey } from '../shown.js';

/** `exec` of a hook: a command in a running container of the service. Exit code 0 is success. */
export class ExecHookSection {
  /**
   * The container. `before` allows only `old`, `after` only `new`, and each is the default there. `onFailure` allows
   * only `old`; its default is whichever container serves by then.
   */
  @Key('string')
  @IsOptional()
  @IsOneOf(['old', 'new'])
  in?: 'old' | 'new';

  /** Program and arguments, a list of strings. Required. */
  @Key('nested')
  command!: string[];
}

/** `run` of a hook: a one-off container of the new image with the service's settings. Exit code 0 is success. */
export class RunHookSection {
  /** Program and arguments, a list of strings; the entrypoint stays. Default: the service's command, else the image's. */
  @Key('nested')
  command?: string[];

  /** Environment variables by name, added to the service's. Default: none. */
  @Key('nested')
  env?: Record<string, string>;
}

/** `http` of a hook: notifies another application, in JSON. Any status from 200 to 299 is success. */
export class HttpHookSection {
  /** Target URL, http or https. Required. */
  @Key('nested')
  url!: string;

  /** `POST`, `PUT`, `PATCH`, or `GET` (without a body). Default `POST`. */
  @Key('string')
  @IsOptional()
  @IsOneOf(['POST', 'PUT', 'PATCH', 'GET'])
  method?: HttpHook['method'];

  /** Additional headers by name. Default: none. */
  @Key('nested')
  headers?: Record<string, string>;

  /** Signs the request; at least 20 characters, used only for hooks. Default: not signed. */
  @Key('nested')
  secret?: string;
}

/** An action without the settings that all kinds share. */
export type HookKind = Without<ExecHook> | Without<RunHook> | Without<HttpHook>;
type Without<Action extends HookAction> = Omit<Action, 'timeoutMs' | 'onError'>;

const COMMAND_WANTED = 'write e.g. command: [bin/warm-up, --quick]';

/** Reads `exec`; null after its faults. */
export function readExecHook(node: ConfigNode, list: HookList): Without<ExecHook> | null {
  const section = readSection(node, ExecHookSection);
  if (section === null) return null;
  const { leaves, nodes } = section;
  const only = { before: 'old', after: 'new', onFailure: 'old' }[list];
  if (leaves.in !== undefined && leaves.in !== only) nodes.get('in')?.fault(WHY_NOT_IN[list]);
  const commandNode = requiredNode(node, section, 'command', COMMAND_WANTED);
  const command = commandNode === null ? null : readCommand(commandNode, COMMAND_WANTED);
  if (command === null) return null;
  const byDefault = list === 'onFailure' ? 'serving' : only;
  return { kind: 'exec', in: leaves.in ?? byDefault, command } as Without<ExecHook>;
}

const WHY_NOT_IN: Readonly<Record<HookList, string>> = {
  before: 'the new container does not run yet; write in: old, or use run for a one-off container',
  after: 'the old container is stopped by then; write in: new',
  onFailure:
    'the new container is gone after the rollback; write in: old, or leave in out for the container that serves then',
};

/** Reads `run`; null after its faults. */
export function readRunHook(
  node: ConfigNode,
  _list: HookList,
  context: ReadContext,
): Without<RunHook> | null {
  const section = readSection(node, RunHookSection);
  if (section === null) return null;
  const commandNode = section.nodes.get('command');
  const command = commandNode === undefined ? null : readCommand(commandNode, COMMAND_WANTED);
  if (commandNode !== undefined && command === null) return null;
  const variables = [...(section.nodes.get('env')?.entries() ?? [])].map(([name, value]) => {
    if (!/^[A-Za-z_][A-Za-z0-9_.-]*$/.test(name)) {
      value.faultAtKey(
        `${shownKey(name)} is not a valid name of an environment variable; use A-Z a-z 0-9 _ . -, beginning with a letter or _`,
      );
    }
    return [name, context.secrets.readString(value)] as const;
  });
  const env = Object.fromEntries(variables.filter((each) => each[1] !== null));
  return { kind: 'run', command, env: env as RunHook['env'] };
}

/** Reads `http`; null after its faults. */
export function readHttpHook(
  node: ConfigNode,
  _list: HookList,
  context: ReadContext,
): Without<HttpHook> | null {
  const section = readSection(node, HttpHookSection);
  if (section === null) return null;
  const { leaves, nodes } = section;
  const secretNode = nodes.get('secret');
  const urlNode = requiredNode(
    node,
    section,
    'url',
    'write e.g. url: https://ci.example.com/deployed',
  );
  const url = urlNode === null ? null : readUrl(urlNode, context);
  const headers = readHeaders(nodes.get('headers'), context);
  const secret = secretNode === undefined ? null : context.secrets.readSigningKey(secretNode);
  if (url === null) return null;
  const { origin } = new URL(url.reveal());
  return { kind: 'http', method: leaves.method ?? 'POST', url, origin, headers, secret };
}

/** Faults do not show the URL, because it may contain a token. */
function readUrl(node: ConfigNode, context: ReadContext): Secret | null {
  const text = revealed(context.secrets.readString(node));
  if (text === null) return null;
  const problem = urlProblem(text);
  if (problem === null) return new Secret(text);
  node.fault(problem);
  return null;
}

function urlProblem(text: string): string | null {
  if (!URL.canParse(text) || !/^https?:\/\//.test(text)) {
    return 'is not a URL; write e.g. https://ci.example.com/deployed (http or https)';
  }
  const { username, password, hash } = new URL(text);
  if (username !== '' || password !== '') {
    return 'contains a user name or password; send them as a header: headers: { Authorization: "${NAME}" }';
  }
  return hash === '' ? null : 'contains a #; remove it and what follows, which is never sent';
}

/** Headers that Deploy or the HTTP connection sets. */
const OWN_HEADERS =
  /^(x-deploy-.*|host|connection|content-length|content-type|transfer-encoding|expect|upgrade|te|trailer)$/i;

function readHeaders(node: ConfigNode | undefined, context: ReadContext): HttpHook['headers'] {
  const headers: [string, Secret][] = [];
  for (const [name, child] of node?.entries() ?? []) {
    if (!/^[\w!#$%&'*+.^`|~-]+$/.test(name)) {
      child.faultAtKey(`${shownKey(name)} is not a valid header name; write e.g. Authorization`);
    } else if (OWN_HEADERS.test(name)) {
      child.faultAtKey(`${name} is set by Deploy; remove it`);
    }
    const value = revealed(context.secrets.readString(child));
    if (value === null) continue;
    if (/^[\t\x20-\x7e]*$/.test(value)) headers.push([name, new Secret(value)]);
    else child.fault('contains a line break, control character or non-ASCII character; remove it');
  }
  return Object.fromEntries(headers);
}

function revealed(text: string | Secret | null): string | null {
  return text instanceof Secret ? text.reveal() : text;
}
