import { IsOptional } from 'class-validator';
import type { Probe } from '../../domain/settings/rollout-settings.js';
import { parseDuration, DAY_MS } from '../../domain/duration.js';
import { readCommand } from '../command.js';
import { IsDuration, IsRequestPath, IsWholeNumber } from '../leaf-rules.js';
import type { ConfigNode } from '../config-node.js';
import { Key, readSection, Required, requiredNode } from '../section.js';

const SECOND_MS = 1000;
const HOUR_MS = 3_600_000;

/** The key that all probes have. */
class ProbeSection {
  /** Pause between two attempts, a duration from 10ms to 1h. Default `1s`. */
  @Key('string')
  @IsOptional()
  @IsDuration(10, HOUR_MS, 'from 10ms to 1h')
  interval?: string;
}

/** The keys that all probes of a port have. */
class PortProbeSection extends ProbeSection {
  /** Container port, 1 to 65535. Required. */
  @Key('scalar')
  @Required('write the container port, e.g. port: 8080')
  @IsWholeNumber(1, 65_535, 'a container port')
  port!: number;
}

/** `health.http`: sends an HTTP request to the service. */
export class HttpProbeSection extends PortProbeSection {
  /** Request path. Default `/`. */
  @Key('string')
  @IsOptional()
  @IsRequestPath()
  path?: string;

  /** The status that means healthy, 100 to 599. Default 200. */
  @Key('scalar')
  @IsOptional()
  @IsWholeNumber(100, 599, 'an HTTP status')
  status?: number;
}

/** `health.tcp`: healthy once a connection is accepted. */
export class TcpProbeSection extends PortProbeSection {}

/** `health.exec`: healthy once the command exits with 0 inside the container. */
export class ExecProbeSection extends ProbeSection {
  /** Program and arguments, a list of strings. Required. */
  @Key('nested')
  command!: string[];
}

/** `rollout.health`: when a new version counts as healthy. At most one of `http`, `tcp`, `exec`. */
export class HealthSection {
  /** Time limit for becoming healthy, 1ms to 24h. Default `60s`, or the container's own budget if that is longer. */
  @Key('string')
  @IsOptional()
  @IsDuration(1, DAY_MS, 'from 1ms to 24h')
  timeout?: string;

  /** How long it must stay healthy, 0s to 24h. Default `5s` without a check, `0s` with one. */
  @Key('string')
  @IsOptional()
  @IsDuration(0, DAY_MS, 'from 0s to 24h')
  stableFor?: string;

  /** Probe over HTTP. */
  @Key('nested')
  http?: HttpProbeSection;

  /** Probe by a TCP connection. */
  @Key('nested')
  tcp?: TcpProbeSection;

  /** Probe by a command in the container. */
  @Key('nested')
  exec?: ExecProbeSection;
}

/** What one `health` map sets; null: not set. */
export interface HealthOverrides {
  readonly timeoutMs: number | null;
  readonly stableForMs: number | null;
  readonly probe: Probe | null;
}

/** Reads `rollout.health`. */
export function readHealth(node: ConfigNode | undefined): HealthOverrides {
  const section = node === undefined ? null : readSection(node, HealthSection);
  if (section === null) return { timeoutMs: null, stableForMs: null, probe: null };
  const { leaves, nodes } = section;
  return {
    timeoutMs: milliseconds(leaves.timeout),
    stableForMs: milliseconds(leaves.stableFor),
    probe: readProbe(nodes),
  };
}

function readProbe(nodes: ReadonlyMap<string, ConfigNode>): Probe | null {
  const [first, ...more] = [...nodes].filter(([name]) => PROBES.has(name));
  for (const [name, node] of more) {
    node.faultAtKey(`only one of http, tcp and exec is allowed; remove ${name} or the other`);
    PROBES.get(name)?.(node);
  }
  return first === undefined ? null : (PROBES.get(first[0])?.(first[1]) ?? null);
}

const PROBES: ReadonlyMap<string, (node: ConfigNode) => Probe | null> = new Map([
  ['http', readHttp],
  ['tcp', readTcp],
  ['exec', readExec],
]);

function readHttp(node: ConfigNode): Probe | null {
  const leaves = readSection(node, HttpProbeSection)?.leaves;
  if (leaves?.port === undefined) return null;
  const { port, path = '/', status = 200, interval } = leaves;
  return { kind: 'http', port, path, status, intervalMs: milliseconds(interval) ?? SECOND_MS };
}

function readTcp(node: ConfigNode): Probe | null {
  const leaves = readSection(node, TcpProbeSection)?.leaves;
  if (leaves?.port === undefined) return null;
  const { port, interval } = leaves;
  return { kind: 'tcp', port, intervalMs: milliseconds(interval) ?? SECOND_MS };
}

function readExec(node: ConfigNode): Probe | null {
  const section = readSection(node, ExecProbeSection);
  if (section === null) return null;
  const commandNode = requiredNode(node, section, 'command', COMMAND_WANTED);
  const command = commandNode === null ? null : readCommand(commandNode, COMMAND_WANTED);
  if (command === null) return null;
  return { kind: 'exec', command, intervalMs: milliseconds(section.leaves.interval) ?? SECOND_MS };
}

const COMMAND_WANTED = 'write e.g. command: [/bin/check, --quick]';

function milliseconds(duration: string | undefined): number | null {
  return duration === undefined ? null : parseDuration(duration);
}
