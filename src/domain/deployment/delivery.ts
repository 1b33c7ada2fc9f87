import type { PushEvent } from '../image/push-event.js';

export type DeliveryOutcome = 'accepted' | 'ignored' | 'duplicate';

/** One webhook request and what became of it. */
export interface Delivery {
  /** ULID. */
  readonly id: string;
  /** Name of the webhook it came to. */
  readonly webhook: string;
  /** Type of that webhook, e.g. `docker-hub`. */
  readonly type: string;
  /** RFC 3339, UTC, milliseconds. */
  readonly receivedAt: string;
  /** The sender's address. */
  readonly from: string;
  readonly outcome: DeliveryOutcome;
  /** Why it was ignored or is a duplicate; null if it was simply accepted. */
  readonly reason: string | null;
  readonly pushes: readonly PushEvent[];
  /** Ids of the deployments that it created or joined. */
  readonly deployments: readonly string[];
  /** Request headers, without credentials. */
  readonly headers: Readonly<Record<string, string>>;
  /** The body as text (UTF-8; replacement characters for invalid bytes). */
  readonly body: string;
}
