import { IsOptional } from 'class-validator';
import type { Probe } from '../../domain/settings/rollout-settings.js';
import { parseDuration, DAY_MS } from '../../domain/duration.js';
import { IsDuration, IsRequestPath, IsWholeNumber } from '../leaf-rules.js';
import type { ConfigNode } from '../config-node.js';
import { Key, missing, readSection, Required } from '../section.js';

const SECOND_MS = 1000;
const HOUR_MS = 3_600_000;
const PORT = 'a port of the container';
const PORT_WANTED = 'write the port of the container, e.g. port: 8080';
const INTERVAL_RANGE = 'from 10ms to 1h';

/** `health.http`: asks the service over HTTP. */
export class HttpProbeSection {
  /** Port of the container, 1 to 65535. Required. */
  @Key('plain')
  @Required(PORT_WANTED)
  @IsWholeNumber(1, 65_535, PORT)
  port!: number;

  /** Path of the request. Default `/`. */
  @Key('text')
  @IsOptional()
  @IsRequestPath()
  path?: string;

  /** The status that means healthy, 100 to 599. Default 200. */
  @Key('plain')
  @IsOptional()
  @IsWholeNumber(100, 599, 'an HTTP status')
  status?: number;

  /** Pause between two tries; a duration of 10ms to 1h. Default `1s`. */
  @Key('text')
  @IsOptional()
  @IsDuration(10, HOUR_MS, INTERVAL_RANGE)
  interval?: string;
}

/** `health.tcp`: healthy once a connection is taken. */
export class TcpProbeSection {
  /** Port of the container, 1 to 65535. Required. */
  @Key('plain')
  @Required(PORT_WANTED)
  @IsWholeNumber(1, 65_535, PORT)
  port!: number;

  /** Pause between two tries; a duration of 10ms to 1h. Default `1s`. */
  @Key('text')
  @IsOptional()
  @IsDuration(10, HOUR_MS, INTERVAL_RANGE)
  interval?: string;
}

/** `health.exec`: healthy once the command ends with exit code 0 inside the container. */
export class ExecProbeSection {
  /** Program and arguments, a list of texts. Required. */
  @Key('nested')
  command!: string[];

  /** Pause between two tries; a duration of 10ms to 1h. Default `1s`. */
  @Key('text')
  @IsOptional()
  @IsDuration(10, HOUR_MS, INTERVAL_RANGE)
  interval?: string;
}

/** `rollout.health`: when a new version counts as healthy. At most one of `http`, `tcp`, `exec`. */
export class HealthSection {
  /** How long it may take, 1ms to 24h. Default `60s`, or the container's own budget where that is longer. */
  @Key('text')
  @IsOptional()
  @IsDuration(1, DAY_MS, 'from 1ms to 24h')
  timeout?: string;

  /** How long it must stay healthy, 0s to 24h. Default `5s` without a check, `0s` with one. */
  @Key('text')
  @IsOptional()
  @IsDuration(0, DAY_MS, 'from 0s to 24h')
  stableFor?: string;

  /** Ask over HTTP. */
  @Key('nested')
  http?: HttpProbeSection;

  /** Connect over TCP. */
  @Key('nested')
  tcp?: TcpProbeSection;

  /** Run a command in the container. */
  @Key('nested')
  exec?: ExecProbeSection;
}

/** What one `health` map says; null: it says nothing of this. */
export interface HealthOverrides {
  readonly timeoutMs: number | null;
  readonly stableForMs: number | null;
  readonly probe: Probe | null;
}

/** Reads `rollout.health`. */
export function readHealth(place: ConfigNode | undefined): HealthOverrides {
  const section = place === undefined ? null : readSection(place, HealthSection);
  if (section === null) return { timeoutMs: null, stableForMs: null, probe: null };
  const { leaves, places } = section;
  return {
    timeoutMs: milliseconds(leaves.timeout),
    stableForMs: milliseconds(leaves.stableFor),
    probe: readProbe(places),
  };
}

function readProbe(places: ReadonlyMap<string, ConfigNode>): Probe | null {
  const [first, ...more] = [...places].filter(([name]) => PROBES.has(name));
  for (const [name, place] of more) {
    place.faultAtKey(`only one of http, tcp and exec can be asked; remove ${name} or the other`);
    PROBES.get(name)?.(place);
  }
  return first === undefined ? null : (PROBES.get(first[0])?.(first[1]) ?? null);
}

const PROBES: ReadonlyMap<string, (place: ConfigNode) => Probe | null> = new Map([
  ['http', readHttp],
  ['tcp', readTcp],
  ['exec', readExec],
]);

function readHttp(place: ConfigNode): Probe | null {
  const leaves = readSection(place, HttpProbeSection)?.leaves;
  if (leaves?.port === undefined) return null;
  const { port, path = '/', status = 200, interval } = leaves;
  return { kind: 'http', port, path, status, intervalMs: milliseconds(interval) ?? SECOND_MS };
}

function readTcp(place: ConfigNode): Probe | null {
  const leaves = readSection(place, TcpProbeSection)?.leaves;
  if (leaves?.port === undefined) return null;
  const { port, interval } = leaves;
  return { kind: 'tcp', port, intervalMs: milliseconds(interval) ?? SECOND_MS };
}

function readExec(place: ConfigNode): Probe | null {
  const section = readSection(place, ExecProbeSection);
  if (section === null) return null;
  const list = section.places.get('command');
  if (list === undefined) place.faultOfMissing('command', missing(COMMAND_WANTED));
  const items = list?.items() ?? null;
  if (items === null) return null;
  const command = items.map((item) => item.text());
  if (command.length === 0 || command[0] === '') list?.fault(`names no program; ${COMMAND_WANTED}`);
  if (!command.every((word) => word !== null)) return null;
  return { kind: 'exec', command, intervalMs: milliseconds(section.leaves.interval) ?? SECOND_MS };
}

const COMMAND_WANTED = 'write e.g. command: [/bin/check, --quick]';

function milliseconds(duration: string | undefined): number | null {
  return duration === undefined ? null : parseDuration(duration);
}
