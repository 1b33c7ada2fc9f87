import { createHmac } from 'node:crypto';
import type { HookList, HttpHook } from '../../../../domain/settings/hook-settings.js';
import type { RolloutIntent } from '../../../../domain/rollout/intent.js';
import type { OutgoingCall } from '../../../../outgoing/outgoing-calls.js';
import type { DeploymentView } from '../../../../domain/deployment/deployment-view.js';

/** What a hook sends to another program. */
export interface HookMessage {
  readonly event: HookList;
  /** As in the API, without its steps. */
  readonly deployment: DeploymentView;
  /** Why the rollout failed; null while it has not. */
  readonly failure: RolloutIntent['failure'];
}

/**
 * The request of a hook. A signed request has the header `X-Deploy-Signature: sha256=<hex>`: HMAC-SHA256 over the
 * timestamp, a dot and the body, where the timestamp is that of `X-Deploy-Timestamp`.
 * @param now Milliseconds since 1970.
 */
export function hookRequest(
  hook: HttpHook,
  message: HookMessage,
  now: number,
): Omit<OutgoingCall, 'signal'> {
  const body = hook.method === 'GET' ? null : JSON.stringify(message);
  const timestamp = String(Math.floor(now / 1000));
  const headers = Object.entries(hook.headers).map(([name, value]) => [name, value.reveal()]);
  return {
    method: hook.method,
    url: new URL(hook.url.reveal()),
    headers: {
      ...(Object.fromEntries(headers) as Record<string, string>),
      ...(body === null ? {} : { 'content-type': 'application/json' }),
      'x-deploy-event': message.event,
      'x-deploy-timestamp': timestamp,
      ...(hook.secret === null
        ? {}
        : { 'x-deploy-signature': signatureOf(hook.secret.reveal(), timestamp, body ?? '') }),
    },
    body,
  };
}

/** `sha256=<hex>` of `timestamp.body`. */
export function signatureOf(secret: string, timestamp: string, body: string): string {
  return `sha256=${createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex')}`;
}
