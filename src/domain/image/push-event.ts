/** What a sender reports as pushed: a hint to look at the registry, never a command. */
export interface PushEvent {
  /** Canonical repository, e.g. `docker.io/acme/web`; its registry comes from the webhook's configuration. */
  readonly repository: string;
  readonly tag: string;
  /** The digest that the sender named, if any. Only shown: it is never deployed. */
  readonly digest: string | null;
}
