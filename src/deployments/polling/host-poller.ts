import type { Service } from '../../domain/settings/environment.js';
import { WakeUp } from '../wake-up.js';
import { afterRound, nextRound, withDueTimes, type DueTimes } from './poll-rounds.js';
import type { PollSchedule } from './poll-schedule.js';

/** Polls services of one repository. Resolves to how long the registry asks to be left alone, in milliseconds, or null. */
export type PollRepository = (
  repository: string,
  services: readonly Service[],
) => Promise<number | null>;

/** Identifies a service among all. */
export function keyOf({ environment, name }: Service): string {
  return JSON.stringify([environment, name]);
}

/** Polls one registry host, one repository after another, as long as there is anything to poll. */
export class HostPoller {
  readonly #wakeUp: WakeUp;
  #due: DueTimes = new Map();
  /** The registry asked to be left alone until then; milliseconds of `performance.now()`. */
  #notBefore = -Infinity;

  /** @param services Returns the services that are polled at this host; called again for each round. */
  constructor(
    private readonly services: () => readonly Service[],
    private readonly poll: PollRepository,
    private readonly schedule: PollSchedule,
    signal: AbortSignal,
  ) {
    this.#wakeUp = new WakeUp(signal);
  }

  /** To be called when the polled services may have changed. */
  poke(): void {
    this.#wakeUp.poke();
  }

  /** Resolves once nothing is left to poll here. @throws the signal's reason when it aborts */
  async run(): Promise<void> {
    for (;;) {
      const services = this.services();
      const polled = services.map((service) => ({
        key: keyOf(service),
        repository: service.repository,
        everyMs: (service.policy.pollMs ?? Infinity) / this.schedule.speed,
      }));
      const now = performance.now();
      this.#due = withDueTimes(polled, this.#due, now, () => this.firstMs());
      const round = nextRound(polled, this.#due, now, this.#notBefore);
      if (round === null) return;
      if (round.kind === 'wait') {
        await this.#wakeUp.wait(round.ms);
        continue;
      }
      const together = services.filter((service) => round.keys.has(keyOf(service)));
      const pauseMs = await this.poll(round.repository, together);
      const after = performance.now();
      if (pauseMs !== null) this.#notBefore = after + pauseMs;
      this.#due = afterRound(this.#due, round.keys, after, Math.random());
    }
  }

  private firstMs(): number {
    const { firstAfterMs, firstWithinMs } = this.schedule;
    return firstAfterMs + firstWithinMs * Math.random();
  }
}
