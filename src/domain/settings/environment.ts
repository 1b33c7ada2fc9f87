import type { GroupSettings } from './group-settings.js';
import type { Hooks } from './hook-settings.js';
import type { PolicySettings } from './policy-settings.js';
import type { Secret } from '../secrets/secret.js';
import type { TagRule } from '../image/tag-rule.js';
import type { RolloutSettings } from './rollout-settings.js';

/** A module of the user that is called at certain moments of a deployment. */
export interface HandlerFile {
  /** As written in the configuration, for messages: `./handlers/web.mjs`. */
  readonly name: string;
  /** Absolute. */
  readonly path: string;
}

/** A sender of push events. Its name is part of its URL. */
export interface Webhook {
  readonly name: string;
  readonly type: 'docker-hub';
  /** One secret, or two during a rotation; each at least 20 characters. */
  readonly secrets: readonly Secret[];
  /** Which registry its pushes are in; never taken from a body. */
  readonly registry: string;
  /** CIDR ranges of permitted senders; null: any address. */
  readonly allowFrom: readonly string[] | null;
  /** Environments that this sender may touch; null: all. */
  readonly environments: readonly string[] | null;
  /** Called for each of its pushes, before the handlers of the services. */
  readonly handler: HandlerFile | null;
}

/** A named container in an environment. Its identity is (environment, name). */
export interface Service {
  readonly name: string;
  readonly environment: string;
  readonly engine: string;
  /** Name of the container on the engine, without the leading slash. */
  readonly container: string;
  /** Canonical repository, e.g. `docker.io/acme/web`. */
  readonly repository: string;
  readonly tagRule: TagRule;
  /** The environment's policy with the service's own overrides. */
  readonly policy: PolicySettings;
  readonly rollout: RolloutSettings;
  readonly hooks: Hooks;
  /** Its own handler, or else that of its environment. */
  readonly handler: HandlerFile | null;
}

/** An engine and the services on it that share a policy. */
export interface Environment {
  readonly name: string;
  readonly engine: string;
  /** The policy of services without overrides. */
  readonly policy: PolicySettings;
  readonly services: readonly Service[];
  /** The services that are deployed together; null: each is deployed on its own. */
  readonly group: GroupSettings | null;
}
