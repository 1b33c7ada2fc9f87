import type { GroupSettings } from '../deployment/group.js';
import type { Hooks } from '../rollout/hooks.js';
import type { FreezePeriod, PolicySettings } from './policy-settings.js';
import type { Secret } from '../secrets/secret.js';
import type { TagRule } from '../image/tag-rule.js';

/** A Docker engine by name. `host` null: `DOCKER_HOST`, else `unix:///var/run/docker.sock`. */
export interface Engine {
  readonly name: string;
  /** `unix:///path` or `tcp://host:port`. */
  readonly host: string;
  /** PEM files' contents; null on a local socket or with `insecure: true`. */
  readonly tls: { readonly ca: string; readonly cert: string; readonly key: Secret } | null;
}

/** Credentials and ways of access to one registry, by its host as in image references. */
export interface Registry {
  readonly host: string;
  readonly username: string | null;
  readonly password: Secret | null;
  /** Plain http is allowed although the host is not loopback. */
  readonly insecure: boolean;
}

/** A module of the user's own, asked at certain moments of a deployment. */
export interface HandlerFile {
  /** As the configuration names it, for people: `./handlers/web.mjs`. */
  readonly name: string;
  /** Absolute. */
  readonly path: string;
}

/** What holds for all handlers. */
export interface HandlerSettings {
  /** How long one call may take, in milliseconds. */
  readonly timeoutMs: number;
  /** Hosts, in lower case and with or without a port, that they may ask although their address is private. */
  readonly hosts: readonly string[];
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

export type Role = 'viewer' | 'operator' | 'admin';

/** Who may call the API. */
export interface Token {
  readonly name: string;
  readonly role: Role;
  readonly secret: Secret;
  /** Null: all environments. */
  readonly environments: readonly string[] | null;
}

/** `limit` requests per `perMs` milliseconds; limit 0 switches it off. */
export interface Limit {
  readonly limit: number;
  readonly perMs: number;
}

export interface HttpProbe {
  readonly kind: 'http';
  readonly port: number;
  readonly path: string;
  readonly status: number;
  readonly intervalMs: number;
}
export interface TcpProbe {
  readonly kind: 'tcp';
  readonly port: number;
  readonly intervalMs: number;
}
export interface ExecProbe {
  readonly kind: 'exec';
  readonly command: readonly string[];
  readonly intervalMs: number;
}
/** A check of our own, on top of the container's HEALTHCHECK. */
export type Probe = HttpProbe | TcpProbe | ExecProbe;

export interface HealthSettings {
  /** Null: 60 s, or the container's own budget where that is longer. */
  readonly timeoutMs: number | null;
  /** Null: 5 s where there is no check, 0 s where there is one. */
  readonly stableForMs: number | null;
  readonly probe: Probe | null;
}

/** How a new container takes the place of the old one. */
export type Strategy = 'recreate' | 'start-first' | 'handover';

/** How the old container is told to finish its work before it is stopped or loses its networks. */
export interface DrainSettings {
  /** Name of a signal; null: none is sent. */
  readonly signal: string | null;
  /** A GET of the container; null: none is sent. */
  readonly http: { readonly port: number; readonly path: string } | null;
  /** How long it is given after that, in milliseconds. */
  readonly waitMs: number;
}

export interface RolloutSettings {
  /** `auto`: the one with the least downtime that is safe by rule. */
  readonly strategy: Strategy | 'auto';
  /** Recreate where the strategy cannot work, instead of a failure. */
  readonly fallback: boolean;
  /** How long the old version is kept at hand after the switch; null: 30 s in a handover, else 0. */
  readonly watchMs: number | null;
  readonly drain: DrainSettings | null;
  /** When the new container gets its network aliases in `start-first`. */
  readonly aliases: 'when-healthy' | 'at-start';
  /** Whether two versions may run at once although volumes are writable. */
  readonly overlap: 'forbidden' | 'allowed';
  readonly health: HealthSettings;
  readonly onFailure: 'rollback' | 'leave';
  /** How many replaced versions keep their images on the engine, beside the one that runs. */
  readonly keepImages: number;
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

/** Where to listen. An empty `host` means every address of the machine; port 0 lets the system choose. */
export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

/** Where everything is kept: an SQLite file by its absolute path. */
export interface StorageSettings {
  readonly kind: 'sqlite';
  readonly path: string;
}

/** The whole configuration after it was read and checked. */
export interface Configuration {
  /** Without a slash at its end. */
  readonly publicUrl: string | null;
  readonly storage: StorageSettings;
  /** How long deliveries, deployments with their logs, and events are kept, in milliseconds. */
  readonly retentionMs: number;
  readonly handlers: HandlerSettings;
  /** CIDR ranges; empty: no proxy is believed. */
  readonly trustedProxies: readonly string[];
  /** Where `/metrics` is served instead of on the main address; null: on the main address. */
  readonly metricsListen: ListenAddress | null;
  readonly throttle: {
    readonly webhook: Limit;
    readonly api: Limit;
    readonly failedAuth: Limit;
  };
  /** With that of `DEPLOY_ADMIN_TOKEN` (named `admin`), where it is set. Empty: the first start makes one. */
  readonly tokens: readonly Token[];
  readonly engines: readonly Engine[];
  readonly registries: readonly Registry[];
  readonly webhooks: readonly Webhook[];
  readonly environments: readonly Environment[];
  /** In the order of the file. */
  readonly freezes: readonly FreezePeriod[];
}
