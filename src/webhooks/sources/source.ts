import type { PushEvent } from '../../domain/image/push-event.js';

/** What a body says: pushes to look at, or why there is nothing to do, in words for the sender's log. */
export type ParsedBody = { readonly pushes: readonly PushEvent[] } | { readonly ignored: string };

/**
 * Reads the bodies of one registry's dialect. Never throws: whatever the bytes are, the answer is pushes
 * or a reason. `registry` is the one that the webhook's configuration names.
 */
export type Source = (body: unknown, registry: string) => ParsedBody;
