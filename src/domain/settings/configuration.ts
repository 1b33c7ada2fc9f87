import type { FreezePeriod } from './policy-settings.js';
import type { Secret } from '../secrets/secret.js';
import type { Token } from './access.js';
import type { Webhook, Environment } from './environment.js';

/** A Docker engine by name. */
export interface Engine {
  readonly name: string;
  /** `unix:///path` or `tcp://host:port`. */
  readonly host: string;
  /** Contents of the PEM files; null on a local socket or with `insecure: true`. */
  readonly tls: { readonly ca: string; readonly cert: string; readonly key: Secret } | null;
}

/** Credentials and access settings of one registry, by its host as in image references. */
export interface Registry {
  readonly host: string;
  readonly username: string | null;
  readonly password: Secret | null;
  /** Plain http is allowed although the host is not loopback. */
  readonly insecure: boolean;
}

/** Settings of all handlers. */
export interface HandlerSettings {
  /** How long one call may take, in milliseconds. */
  readonly timeoutMs: number;
  /** Hosts, in lower case, with or without a port, that handlers may call although their address is private. */
  readonly hosts: readonly string[];
}

/** `limit` requests per `perMs` milliseconds; limit 0 switches it off. */
export interface Limit {
  readonly limit: number;
  readonly perMs: number;
}

/** Where to listen. An empty `host` means every address of the machine; port 0 lets the system choose. */
export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

/** The storage: an SQLite file by its absolute path. */
export interface StorageSettings {
  readonly kind: 'sqlite';
  readonly path: string;
}

/** The whole configuration, read and validated. */
export interface Configuration {
  /** Without a trailing slash. */
  readonly publicUrl: string | null;
  readonly storage: StorageSettings;
  /** How long deliveries, deployments with their logs, and events are kept, in milliseconds. */
  readonly retentionMs: number;
  readonly handlers: HandlerSettings;
  /** CIDR ranges; empty: no proxy is trusted. */
  readonly trustedProxies: readonly string[];
  /** Where `/metrics` is served instead of on the main address; null: on the main address. */
  readonly metricsListen: ListenAddress | null;
  readonly throttle: {
    readonly webhook: Limit;
    readonly api: Limit;
    readonly failedAuth: Limit;
  };
  /** Includes that of `DEPLOY_ADMIN_TOKEN` (named `admin`), if set. Empty: the first start creates one. */
  readonly tokens: readonly Token[];
  readonly engines: readonly Engine[];
  readonly registries: readonly Registry[];
  readonly webhooks: readonly Webhook[];
  readonly environments: readonly Environment[];
  /** In the order of the file. */
  readonly freezes: readonly FreezePeriod[];
}
