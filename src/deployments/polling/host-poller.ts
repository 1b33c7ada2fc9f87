import type { Service } from '../../domain/settings/environment.js';
import { WakeUp } from '../queue/wake-up.js';
import { afterRound, nextRound, withDueTimes, type DueTimes } from './poll-rounds.js';
import type { PollSchedule } from './poll-schedule.js';

/** Polls services of one repository; says how long the registry wants to be left alone, in milliseconds, or null. */
export type PollRepository = (
  repository: string,
  services: readonly Service[],
) => Promise<number | null>;

/** Names a service among all. */
export function keyOf({ environment, name }: Service): string {
  return JSON.stringify([environment, name]);
}

/** The polls at one registry host, one after the other, for as long as anything is polled there. */
export class HostPoller {
  readonly #wakeUp: WakeUp;
  #due: DueTimes = new Map();
  /** The registry wants to be left alone until then. */
  #notBefore = -Infinity;

  /** @param services those that are polled at this host, asked anew for each round */
  constructor(
    private readonly services: () => readonly Service[],
    private readonly poll: PollRepository,
    private readonly schedule: PollSchedule,
    signal: AbortSignal,
  ) {
    this.#wakeUp = new WakeUp(signal);
  }

  /** What is polled may have changed. */
  poke(): void {
    this.#wakeUp.poke();
  }

  /** Returns once nothing is polled here any more. @throws the signal's reason, at once where it waits */
  async run(): Promise<void> {
    for (;;) {
      const services = this.services();
      const polled = services.map((service) => ({
        key: keyOf(service),
        repository: service.repository,
        everyMs: this.schedule.everyMs(service.policy.pollMs ?? Infinity),
      }));
      const now = this.schedule.now();
      this.#due = withDueTimes(polled, this.#due, now, () => this.#firstMs());
      const round = nextRound(polled, this.#due, now, this.#notBefore);
      if (round === null) return;
      if (round.kind === 'wait') {
        await this.#wakeUp.wait(round.ms);
        continue;
      }
      const together = services.filter((service) => round.keys.has(keyOf(service)));
      const pauseMs = await this.poll(round.repository, together);
      const after = this.schedule.now();
      if (pauseMs !== null) this.#notBefore = after + pauseMs;
      this.#due = afterRound(this.#due, round.keys, after, this.schedule.random());
    }
  }

  #firstMs(): number {
    const { firstAfterMs, firstWithinMs } = this.schedule;
    return firstAfterMs + firstWithinMs * this.schedule.random();
  }
}
