import { IsOptional } from 'class-validator';
import type { RolloutSettings } from '../../domain/environment.js';
import { IsOneOf, IsZeroDuration } from '../leaf-rules.js';
import type { Place } from '../place.js';
import { Key, readSection } from '../section.js';
import { HealthSection, readHealth, type HealthOverrides } from './health.section.js';

/** `rollout` of an environment or service: how a new version takes the place of the old one. */
export class RolloutSection {
  /** `recreate`: stop the old container, start the new one. Default `recreate`. */
  @Key('text')
  @IsOptional()
  @IsOneOf(['recreate'], ['start-first', 'handover', 'auto'])
  strategy?: 'recreate';

  /** `true`: recreate where the strategy cannot work. Default `false`, the only value yet. */
  @Key('plain')
  @IsOptional()
  @IsOneOf([false], [true])
  fallback?: false;

  /** When the new version counts as healthy. */
  @Key('nested')
  health?: HealthSection;

  /** How long the old version is kept at hand after the switch. Default `0s`, the only value yet. */
  @Key('text')
  @IsOptional()
  @IsZeroDuration()
  watch?: string;

  /** How the old version of an overlapping strategy is told to finish. Not supported yet. */
  @Key('later')
  drain?: unknown;

  /** When network aliases go to the new container. Default `when-healthy`, the only value yet. */
  @Key('text')
  @IsOptional()
  @IsOneOf(['when-healthy'], ['at-start'])
  aliases?: 'when-healthy';

  /** Whether two versions may run at once although volumes are writable. Default `forbidden`, the only value yet. */
  @Key('text')
  @IsOptional()
  @IsOneOf(['forbidden'], ['allowed'])
  overlap?: 'forbidden';

  /** What becomes of a failed new version: `rollback` or `leave`. Default `rollback`. */
  @Key('text')
  @IsOptional()
  @IsOneOf(['rollback', 'leave'])
  onFailure?: 'rollback' | 'leave';

  /** How many old images stay on the engine. Not supported yet. */
  @Key('later')
  keepImages?: unknown;
}

/** What one `rollout` map says; null: it says nothing of this. */
export interface RolloutOverrides {
  readonly strategy: 'recreate' | null;
  readonly onFailure: 'rollback' | 'leave' | null;
  readonly health: HealthOverrides;
}

/** Reads `rollout`. */
export function readRollout(place: Place | undefined): RolloutOverrides {
  const section = place === undefined ? null : readSection(place, RolloutSection);
  return {
    strategy: section?.leaves.strategy ?? null,
    onFailure: section?.leaves.onFailure ?? null,
    health: readHealth(section?.places.get('health')),
  };
}

/** The service's own word, else the environment's, else the default; a probe is taken as a whole. */
export function mergeRollout(
  environment: RolloutOverrides,
  service: RolloutOverrides,
): RolloutSettings {
  return {
    strategy: service.strategy ?? environment.strategy ?? 'recreate',
    onFailure: service.onFailure ?? environment.onFailure ?? 'rollback',
    health: {
      timeoutMs: service.health.timeoutMs ?? environment.health.timeoutMs,
      stableForMs: service.health.stableForMs ?? environment.health.stableForMs,
      probe: service.health.probe ?? environment.health.probe,
    },
  };
}
