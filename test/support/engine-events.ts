import type Docker from 'dockerode';
import { createInterface } from 'node:readline';
import { onTestFinished } from 'vitest';

const WATCHED = ['create', 'start', 'kill', 'stop', 'die', 'rename', 'destroy', 'pull', 'tag'];

/** One entry of the engine's own event log, as far as tests look at it. */
export interface EngineEvent {
  readonly action: string;
  /** Name of the container, or reference of the image. */
  readonly subject: string;
  /** Number of the signal of a `kill`; null for others. */
  readonly signal: string | null;
}

/**
 * What the engine itself says that it was asked to do, from now until the end of the test. Read live:
 * looked up later the engine remembers only its last 256 events, of all tests together.
 */
export class EngineEvents {
  readonly #all: EngineEvent[] = [];

  static async follow(docker: Docker): Promise<EngineEvents> {
    const events = new EngineEvents();
    const stream = await docker.getEvents({
      filters: JSON.stringify({ type: ['container', 'image'], event: WATCHED }),
    } as Docker.GetEventsOptions);
    createInterface({ input: stream }).on('line', (line) => {
      const { Action, Actor } = JSON.parse(line) as {
        Action: string;
        Actor: { ID: string; Attributes: { name?: string; signal?: string } };
      };
      const isImage = Action === 'pull' || Action === 'tag';
      const subject = isImage ? Actor.ID : (Actor.Attributes.name ?? '');
      events.#all.push({ action: Action, subject, signal: Actor.Attributes.signal ?? null });
    });
    onTestFinished(() => {
      (stream as unknown as { destroy: () => void }).destroy();
    });
    return events;
  }

  /** Those of one service: of its containers under all their names, and of its repository. */
  of(service: { readonly container: string; readonly repository: string }): readonly EngineEvent[] {
    const { container, repository } = service;
    return this.#all.filter(
      ({ subject }) =>
        subject === container ||
        subject.startsWith(`${container}.`) ||
        subject.includes(`/${repository}@`) ||
        subject.includes(`/${repository}:`),
    );
  }

  count(service: Parameters<EngineEvents['of']>[0], action: string): number {
    return this.of(service).filter((event) => event.action === action).length;
  }
}
