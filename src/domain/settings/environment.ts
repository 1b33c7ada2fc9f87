import type { GroupSettings } from './group-settings.js';
import type { Hooks } from './hook-settings.js';
import type { PolicySettings } from './policy-settings.js';
import type { Secret } from '../secrets/secret.js';
import type { TagRule } from '../image/tag-rule.js';
import type { RolloutSettings } from './rollout-settings.js';

/** A module of the user's own, asked at certain moments of a deployment. */
export interface HandlerFile {
  /** As the configuration names it, for people: `./handlers/web.mjs`. */
  readonly name: string;
  /** Absolute. */
  readonly path: string;
}

/** One sender of pushes. Its name is part of its URL. */
export interface Webhook {
  readonly name: string;
  readonly type: 'docker-hub';
  /** One secret, or two during a rotation; each at least 20 characters. */
  readonly secrets: readonly Secret[];
  /** Which registry its pushes are in; never taken from a body. */
  readonly registry: string;
  /** CIDR ranges that may send; null: everyone. */
  readonly allowFrom: readonly string[] | null;
  /** Environments that this sender may touch; null: all. */
  readonly environments: readonly string[] | null;
  /** Asked of each of its pushes, before those of the services. */
  readonly handler: HandlerFile | null;
}

/** One named container in an environment. Its identity is (environment, name). */
export interface Service {
  readonly name: string;
  readonly environment: string;
  readonly engine: string;
  /** Name of the container on the engine, without the leading slash. */
  readonly container: string;
  /** Canonical repository, e.g. `docker.io/acme/web`. */
  readonly repository: string;
  readonly tagRule: TagRule;
  /** The environment's, but for what the service itself says. */
  readonly policy: PolicySettings;
  readonly rollout: RolloutSettings;
  readonly hooks: Hooks;
  /** Its own, or else that of its environment. */
  readonly handler: HandlerFile | null;
}

export interface Environment {
  readonly name: string;
  readonly engine: string;
  /** Of services that say nothing else. */
  readonly policy: PolicySettings;
  readonly services: readonly Service[];
  /** Which of them move together; null: each moves alone. */
  readonly group: GroupSettings | null;
}
