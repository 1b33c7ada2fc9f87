import { IsOptional } from 'class-validator';
import type { DrainSettings, RolloutSettings } from '../../domain/settings/rollout-settings.js';
import { parseDuration, DAY_MS } from '../../domain/duration.js';
import { IsDuration, IsOneOf, IsRequestPath, IsSignal, IsWholeNumber } from '../leaf-rules.js';
import type { ConfigNode } from '../config-node.js';
import { Key, readSection, Required } from '../section.js';
import { HealthSection, readHealth, type HealthOverrides } from './health.section.js';

/** `drain.http`: a GET that asks the old container to finish. Any status below 400 is success. */
export class DrainHttpSection {
  /** Container port, 1 to 65535. Required. */
  @Key('scalar')
  @Required('write the container port, e.g. port: 8080')
  @IsWholeNumber(1, 65_535, 'a container port')
  port!: number;

  /** Request path. Required. */
  @Key('string')
  @Required('write the request path, e.g. path: /drain')
  @IsRequestPath()
  path!: string;
}

/** `rollout.drain`: how an overlapping strategy asks the old container to finish. Default: not at all. */
export class DrainSection {
  /** A signal for its first process, e.g. `SIGUSR1`; not SIGKILL or SIGSTOP. Not together with `http`. */
  @Key('string')
  @IsOptional()
  @IsSignal()
  signal?: string;

  /** An HTTP request to it. Not together with `signal`. */
  @Key('nested')
  http?: DrainHttpSection;

  /** How long it then has to finish, 0s to 24h. Default `0s`. */
  @Key('string')
  @IsOptional()
  @IsDuration(0, DAY_MS, 'from 0s to 24h')
  wait?: string;
}

/** `rollout` of an environment or service: how a new version replaces the old one. */
export class RolloutSection {
  /**
   * `recreate`: stop the old container, then start the new one. `start-first`: the new one becomes healthy beside
   * the old one. `handover`: the same for fixed host ports, which then move to the new one. `auto`: the safe
   * strategy with the least downtime. Default `recreate`.
   */
  @Key('string')
  @IsOptional()
  @IsOneOf(['recreate', 'start-first', 'handover', 'auto'])
  strategy?: RolloutSettings['strategy'];

  /** `true`: fall back to `recreate` if the strategy is not possible, instead of failing. Default `false`. */
  @Key('scalar')
  @IsOptional()
  @IsOneOf([true, false])
  fallback?: boolean;

  /** When the new version counts as healthy. */
  @Key('nested')
  health?: HealthSection;

  /**
   * How long the old version is kept after the switch while the new one must stay healthy; 0s to 24h. Default `30s`
   * for a handover, else `0s`.
   */
  @Key('string')
  @IsOptional()
  @IsDuration(0, DAY_MS, 'from 0s to 24h')
  watch?: string;

  /** How an overlapping strategy asks the old version to finish. */
  @Key('nested')
  drain?: DrainSection;

  /** `start-first`: when clients can reach the new container by name, `when-healthy` (default) or `at-start`. */
  @Key('string')
  @IsOptional()
  @IsOneOf(['when-healthy', 'at-start'])
  aliases?: 'when-healthy' | 'at-start';

  /** `allowed`: two versions may run at the same time even with writable volumes. Default `forbidden`. */
  @Key('string')
  @IsOptional()
  @IsOneOf(['forbidden', 'allowed'])
  overlap?: 'forbidden' | 'allowed';

  /** What happens after a failure: `rollback`, or `leave` the new version as it is. Default `rollback`. */
  @Key('string')
  @IsOptional()
  @IsOneOf(['rollback', 'leave'])
  onFailure?: 'rollback' | 'leave';

  /** How many replaced versions keep their images on the engine, 0 to 1000. Default 2. */
  @Key('scalar')
  @IsOptional()
  @IsWholeNumber(0, 1_000, 'a number of images')
  keepImages?: number;
}

/** What one `rollout` map sets; null: not set. */
export type RolloutOverrides = {
  readonly [Setting in Exclude<keyof RolloutSettings, 'health'>]: RolloutSettings[Setting] | null;
} & { readonly health: HealthOverrides };

/** Reads `rollout`. */
export function readRollout(node: ConfigNode | undefined): RolloutOverrides {
  const section = node === undefined ? null : readSection(node, RolloutSection);
  const { strategy, fallback, watch, aliases, overlap, onFailure, keepImages } =
    section?.leaves ?? {};
  return {
    strategy: strategy ?? null,
    fallback: fallback ?? null,
    watchMs: watch === undefined ? null : parseDuration(watch),
    drain: readDrain(section?.nodes.get('drain')),
    aliases: aliases ?? null,
    overlap: overlap ?? null,
    onFailure: onFailure ?? null,
    keepImages: keepImages ?? null,
    health: readHealth(section?.nodes.get('health')),
  };
}

function readDrain(node: ConfigNode | undefined): DrainSettings | null {
  const section = node === undefined ? null : readSection(node, DrainSection);
  if (section === null) return null;
  const { leaves, nodes } = section;
  const httpNode = nodes.get('http');
  const http = httpNode === undefined ? null : readSection(httpNode, DrainHttpSection);
  if (nodes.has('signal') && httpNode !== undefined) {
    httpNode.faultAtKey('only one of signal and http is allowed; remove one of them');
  }
  if (nodes.size === 0) node?.fault('is empty; write signal, http or wait');
  const { port, path } = http?.leaves ?? {};
  return {
    signal: leaves.signal ?? null,
    http: port === undefined || path === undefined ? null : { port, path },
    waitMs: leaves.wait === undefined ? 0 : (parseDuration(leaves.wait) ?? 0),
  };
}

/** Each setting of the service, else of the environment, else the default. A probe and a drain count as one setting each. */
export function mergeRollout(
  environment: RolloutOverrides,
  service: RolloutOverrides,
): RolloutSettings {
  return {
    strategy: service.strategy ?? environment.strategy ?? 'recreate',
    fallback: service.fallback ?? environment.fallback ?? false,
    watchMs: service.watchMs ?? environment.watchMs,
    drain: service.drain ?? environment.drain,
    aliases: service.aliases ?? environment.aliases ?? 'when-healthy',
    overlap: service.overlap ?? environment.overlap ?? 'forbidden',
    onFailure: service.onFailure ?? environment.onFailure ?? 'rollback',
    keepImages: service.keepImages ?? environment.keepImages ?? 2,
    health: {
      timeoutMs: service.health.timeoutMs ?? environment.health.timeoutMs,
      stableForMs: service.health.stableForMs ?? environment.health.stableForMs,
      probe: service.health.probe ?? environment.health.probe,
    },
  };
}
