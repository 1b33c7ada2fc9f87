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

/** `handlers`: what holds for all handlers. */
export class HandlersSection {
  /** How long one call of a handler may take, 100ms to 5m. Default `10s`. */
  @Key('string')
  @IsOptional()
  @IsDuration(SHORTEST_TIMEOUT_MS, LONGEST_TIMEOUT_MS, 'from 100ms to 5m')
  timeout?: string;

  /** Hosts that `api.fetch` may ask although their address is private: `queue.lan`, `10.0.0.5:15672`. Default: none. */
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

/** Whether it is what stands between `//` and the path in an address, without user name and default port. */
function isHost(text: string): boolean {
  if (!/^[^/?#@\s]+$/.test(text) || !URL.canParse(`x://${text}`)) return false;
  const { host, port } = new URL(`http://${text}`);
  // Those of http and https are left out of an address that names them.
  return host === text || port === '';
}

/**
 * Reads `handler` of a service, environment or webhook: a path that counts from the configuration file's
 * folder. Null where there is none, and after a fault.
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
