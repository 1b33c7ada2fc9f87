import type Docker from 'dockerode';
import type { Readable } from 'node:stream';

/** Tells of moments at which two containers of one service ran at once, by the engine's own events. */
export class OverlapDetector {
  /** Names of the services. */
  readonly violations: string[] = [];
  /** Ids of what runs, by service. */
  readonly #running = new Map<string, string>();

  private constructor(
    private readonly events: Readable,
    private readonly prefixes: readonly string[],
  ) {
    let rest = '';
    events.on('data', (chunk: Buffer) => {
      const lines = (rest + chunk.toString()).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines.filter((each) => each.trim() !== '')) this.see(line);
    });
  }

  /** @param prefixes What the watched services' names begin with; other tests use the engine too. */
  static async watch(docker: Docker, prefixes: readonly string[]): Promise<OverlapDetector> {
    const options: Docker.GetEventsOptions = {
      filters: { type: ['container'], event: ['start', 'die'] },
    };
    return new OverlapDetector((await docker.getEvents(options)) as Readable, prefixes);
  }

  end(): void {
    this.events.destroy();
  }

  private see(line: string): void {
    const { Action, Actor } = JSON.parse(line) as {
      Action: string;
      Actor: { ID: string; Attributes: Record<string, string> };
    };
    const service = (Actor.Attributes['name'] ?? '').replace(/\.deploy-\w+$/, '');
    if (!this.prefixes.some((prefix) => service.startsWith(prefix))) return;
    const other = this.#running.get(service);
    if (Action === 'start') {
      if (other !== undefined && other !== Actor.ID) this.violations.push(service);
      this.#running.set(service, Actor.ID);
    } else if (other === Actor.ID) {
      this.#running.delete(service);
    }
  }
}
