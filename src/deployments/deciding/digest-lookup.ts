import { Injectable } from '@nestjs/common';
import type { Deployment } from '../../domain/deployment/deployment.js';
import { DeployError, messageOf, type ErrorCode } from '../../domain/errors.js';
import { RegistryClient } from '../../registries/registry-client.js';

/** When the registry is asked. Registries lag behind their own webhooks, hence the series. */
@Injectable()
export class LookupSchedule {
  /** Looks after the first, while the answer is what runs already or the tag is missing; milliseconds after the first. */
  readonly againAfterMs: readonly number[] = [5_000, 15_000, 30_000, 60_000];
  /** Pauses while the registry or the engine does not answer, in milliseconds; the last one repeats. */
  readonly troublePausesMs: readonly number[] = [1_000, 2_000, 5_000, 10_000, 30_000, 60_000];
  /** A deployment that cannot start for so long expires, in milliseconds. */
  readonly expiresAfterMs: number = 24 * 3_600_000;

  /** The pause before the next try, with jitter, or longer where the other side asked for that. */
  pauseMs(attempt: number, askedForMs: number | null): number {
    const pauses = this.troublePausesMs;
    const base = pauses[Math.min(attempt, pauses.length - 1)] ?? 60_000;
    return Math.max(askedForMs ?? 0, base * (0.75 + Math.random() / 2));
  }
}

/** How a look-up is steered from outside. */
export interface ResolveControls {
  /** Waits, or returns earlier when there is a new reason to look: then true. Throws when aborted. */
  readonly wait: (milliseconds: number) => Promise<boolean>;
  readonly signal: AbortSignal;
}

export type LookupOutcome =
  | { readonly kind: 'changed'; readonly digest: string }
  | { readonly kind: 'same'; readonly digest: string }
  | { readonly kind: 'failed'; readonly code: ErrorCode; readonly message: string }
  | { readonly kind: 'expired'; readonly message: string };

export interface LookupRequest extends ResolveControls {
  /** Canonical repository. */
  readonly repository: string;
  readonly tag: string;
  /** Look once instead of the whole series. */
  readonly once: boolean;
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
  /** The digests that count as running already. Asked again at every look. */
  readonly running: () => Promise<readonly string[]>;
  /** Told while the registry does not answer. */
  readonly onTrouble: (message: string) => Promise<void>;
}

/** Finds out which digest a tag has now, with all the patience that registries need. */
@Injectable()
export class DigestLookup {
  constructor(
    private readonly registry: RegistryClient,
    private readonly schedule: LookupSchedule,
  ) {}

  /** Until when a deployment's registry is asked. Milliseconds since 1970. */
  deadlineOf({ createdAt }: Pick<Deployment, 'createdAt'>): number {
    return Date.parse(createdAt) + this.schedule.expiresAfterMs;
  }

  /** @throws the signal's reason; errors that are not the registry's. */
  async resolve(request: LookupRequest): Promise<LookupOutcome> {
    /** When the series began, by the monotonic clock: with the first look that got an answer. */
    let startedAt: number | null = null;
    let looks = 0;
    let troubles = 0;
    for (;;) {
      const lookedAt = performance.now();
      const answer = await this.look(request);
      if (answer.kind === 'trouble') {
        if (Date.now() >= request.expiresAt) return { kind: 'expired', message: answer.message };
        await request.onTrouble(answer.message);
        await request.wait(this.schedule.pauseMs(troubles++, answer.retryAfterMs));
        startedAt = null;
        looks = 0;
        continue;
      }
      troubles = 0;
      if (answer.kind === 'changed' || (answer.kind === 'failed' && !answer.mayAppear))
        return answer;
      if (request.once) return answer;
      startedAt ??= lookedAt;
      const next = this.schedule.againAfterMs[looks++];
      const pauseMs = next === undefined ? 0 : Math.max(0, startedAt + next - performance.now());
      // Another hook, also one that came during the last look, is a reason to begin the series again.
      const isPoked = await request.wait(pauseMs);
      if (isPoked) {
        startedAt = null;
        looks = 0;
      } else if (next === undefined) {
        return answer;
      }
    }
  }

  /** The digest that a tag has at this moment; null if the registry does not say. */
  async digestNow(
    { image: repository, tag }: Pick<Deployment, 'image' | 'tag'>,
    signal: AbortSignal,
  ): Promise<string | null> {
    const outcome = await this.resolve({
      repository,
      tag,
      once: true,
      expiresAt: 0,
      running: () => Promise.resolve([]),
      onTrouble: () => Promise.resolve(),
      wait: () => Promise.resolve(false),
      signal,
    });
    return outcome.kind === 'changed' ? outcome.digest : null;
  }

  private async look(
    request: LookupRequest,
  ): Promise<
    | Exclude<LookupOutcome, { kind: 'failed' }>
    | (Extract<LookupOutcome, { kind: 'failed' }> & { readonly mayAppear: boolean })
    | { readonly kind: 'trouble'; readonly message: string; readonly retryAfterMs: number | null }
  > {
    const { repository, tag, signal } = request;
    try {
      const [{ digest }, running] = await Promise.all([
        this.registry.resolveDigest(repository, tag, signal),
        request.running(),
      ]);
      return { kind: running.includes(digest) ? 'same' : 'changed', digest };
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof DeployError)) throw error;
      if (error.code === 'registry-unavailable' || error.code === 'registry-protocol') {
        return { kind: 'trouble', message: error.message, retryAfterMs: error.retryAfterMs };
      }
      const mayAppear = error.code === 'tag-not-found';
      return { kind: 'failed', code: error.code, message: messageOf(error), mayAppear };
    }
  }
}
