import type { IncomingHttpHeaders } from 'node:http';
import type { PushEvent } from '../../domain/image/push-event.js';
import type { Webhook } from '../../domain/settings/environment.js';
import type { WebhookSecrets } from '../webhook-secrets.js';

/** `secret-in-path`: `/webhooks/<name>/<secret>`; `name-only`: `/webhooks/<name>`, with proof in headers. */
export type AddressForm = 'secret-in-path' | 'name-only';

/** What a sender presents to prove who it is. */
export interface Presented {
  readonly webhook: Webhook;
  readonly secrets: WebhookSecrets;
  /** The last segment of the address; null for `name-only`. */
  readonly pathSecret: string | null;
  readonly headers: IncomingHttpHeaders;
  /**
   * The body as sent, before decompression, for signatures over it. Until it is asked for, nothing of the
   * body is read: ask only once the headers hold a signature. Its errors are to be passed on.
   */
  readonly body: () => Promise<Buffer>;
}

/** An authenticated delivery. */
export interface Message {
  readonly headers: IncomingHttpHeaders;
  /** The body parsed as JSON; undefined if it is not JSON. */
  readonly json: unknown;
}

/** The pushes that a body reports, or why there is nothing to do, human-readable. */
export type ParsedBody = { readonly pushes: readonly PushEvent[] } | { readonly ignored: string };

/** One type of sender: how it proves itself, and what its deliveries mean. */
export interface Source {
  /** The forms of address that a sender can be given; at any other form a request is answered 404. */
  readonly addresses: readonly AddressForm[];

  /**
   * Whether the sender has proved itself at this form of address. False is answered 404 for
   * `secret-in-path` and 401 for `name-only`. Secrets are compared by `Presented.secrets` only.
   */
  authenticate(presented: Presented): Promise<boolean>;

  /**
   * The sender's own id of the delivery: the same again within 24 hours is a duplicate. Null if there is
   * none: then the same bytes within ten minutes are. Never throws, and never returns an empty string.
   */
  deliveryId(message: Message): string | null;

  /**
   * What the delivery reports; called only if the body is JSON. Never throws, whatever the JSON is. The
   * registry is `webhook.registry` and nothing that the body names.
   */
  read(message: Message, webhook: Webhook): ParsedBody;
}
