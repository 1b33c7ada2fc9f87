import { resolve } from 'node:path';
import { IsOptional } from 'class-validator';
import type { HandlerFile } from '../../domain/settings/environment.js';
import type { HandlerSettings } from '../../domain/settings/configuration.js';
import { parseDuration } from '../../domain/duration.js';
import { IsDuration } from '../leaf-rules.js';
import type { ConfigNode } from '../config-node.js';
import type { ReadContext } from '../secret-reader.js';
import { Key, readSection } from '../section.js';
import { shown } from '../shown.js';

const DEFAULT_TIMEOUT_MS = 10_000;
const SHORTEST_TIMEOUT_MS = 100;
const LONGEST_TIMEOUT_MS = 300_000;

/** `handlers`: settings for all handlers. */
export class HandlersSection {
  /** Time limit for one call of a handler, 100ms to 5m. Default `10s`. */
  @Key('string')
  @IsOptional()
  @IsDuration(SHORTEST_TIMEOUT_MS, LONGEST_TIMEOUT_MS, 'from 100ms to 5m')
  timeout?: string;

  /** Hosts with private addresses that `api.fetch` may call: `queue.lan`, `10.0.0.5:15672`. Default: none. */
  @Key('nested')
  hosts?: string[];
}

/** Reads `handlers`. */
export function readHandlers(node: ConfigNode | undefined): HandlerSettings {
  const { leaves, nodes } = (node === undefined ? null : readSection(node, HandlersSection)) ?? {};
  const hosts = nodes?.get('hosts');
  return {
    timeoutMs: parseDuration(leaves?.timeout ?? '') ?? DEFAULT_TIMEOUT_MS,
    hosts: hosts === undefined ? [] : readHosts(hosts),
  };
}

function readHosts(node: ConfigNode): string[] {
  const hosts: string[] = [];
  for (const item of node.items() ?? []) {
    const text = item.string();
    if (text === null) continue;
    const host = text.toLowerCase();
    if (isHost(host)) hosts.push(host);
    else item.fault(`${shown(text)} is not a host; write e.g. queue.lan, 10.0.0.5:15672 or [::1]`);
  }
  return hosts;
}

/** Whether the text is the host part of a URL: a host, perhaps with a port, without a user name. */
function isHost(text: string): boolean {
  if (!/^[^/?#@\s]+$/.test(text) || !URL.canParse(`x://${text}`)) return false;
  const { host, port } = new URL(`http://${text}`);
  // `URL.host` omits the default port.
  return host === text || port === '';
}

/**
 * Reads `handler` of a service, environment or webhook; a relative path starts at the configuration file's folder.
 * Null if there is none, and after a fault.
 */
export function readHandlerFile(
  node: ConfigNode | undefined,
  context: ReadContext,
): HandlerFile | null {
  if (node === undefined || node.isEmpty || node.isMap || node.isList) return null;
  const name = node.string();
  if (name === null) return null;
  const path = resolve(context.folder, name);
  const problem = context.handlers.problemOf(name, path);
  if (problem === null) return { name, path };
  node.fault(problem);
  return null;
}
