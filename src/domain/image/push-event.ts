/** What a sender says was pushed: a hint to look at the registry, never an order. */
export interface PushEvent {
  /** Canonical repository, e.g. `docker.io/acme/web`; its registry comes from the configuration of the webhook. */
  readonly repository: string;
  readonly tag: string;
  /** The digest that the sender named, if any. For people to read: it is never deployed. */
  readonly digest: string | null;
}
