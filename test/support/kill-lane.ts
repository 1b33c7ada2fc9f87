import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Fleet, PATIENCE_MS, type FleetOptions, type FleetService } from './kill-fleet.js';
import { rigFolder } from './rig-environment.js';
import type { Stage } from './service-setup.js';
import { waitFor } from './wait-for.js';

const SWITCH = fileURLToPath(new URL('kill-switch.js', import.meta.url));

/** Something that a deployment asked of the engine or committed, as `kill-switch.js` records it. */
export interface RecordedEvent {
  readonly kind: 'call' | 'read' | 'commit';
  readonly event: string;
}

/** A service and the instant of its deployment that the kill shall come at. */
export interface KillTarget {
  readonly service: FleetService;
  readonly position: string;
}

/**
 * A fleet whose Deploy has the kill switch: each round takes fresh services. The life that a kill ends is
 * followed by one that recovers and is checked, and which is then killed in the next round: the switch does
 * nothing until a hook arrives, and that saves a start.
 */
export class KillLane {
  private constructor(
    readonly fleet: Fleet,
    private readonly folder: string,
  ) {}

  /** Prepares Deploy without starting it. */
  static async prepare(stage: Stage, options: FleetOptions = {}): Promise<KillLane> {
    const folder = await mkdtemp(join(rigFolder(), 'kill-'));
    const fleet = await Fleet.prepare(stage, 0, {
      ...options,
      environment: { KILL_SWITCH_FOLDER: folder },
      nodeArguments: ['--import', SWITCH],
    });
    return new KillLane(fleet, folder);
  }

  async remove(): Promise<void> {
    await this.fleet.deploy.remove();
    await rm(this.folder, { recursive: true, force: true });
  }

  /** Starts Deploy for these services, and no others: what it reads and looks at takes time. */
  async start(services: readonly FleetService[]): Promise<void> {
    await this.fleet.configure(services.map(({ name }) => name));
    await this.fleet.start();
  }

  /** Deploys undisturbed and returns what was asked and committed from the hook's arrival on. */
  async record(service: FleetService): Promise<RecordedEvent[]> {
    await this.start([service]);
    await this.plan({ record: true });
    await this.fleet.hook(service, { 'x-kill-switch': service.name });
    await this.fleet.ended(service);
    // Its last commit comes after the deployment is shown as ended; a stop waits for it.
    await this.fleet.deploy.stop();
    return this.lines<RecordedEvent>('record.jsonl');
  }

  /**
   * Sends the hooks with the switch set to the positions and returns when the process is dead. A deployment stands still
   * at its position until all do; where one does not come to it, the process is killed after a while.
   * @returns the positions that were not hit.
   */
  async killAt(targets: readonly KillTarget[]): Promise<readonly string[]> {
    const { deploy } = this.fleet;
    const positions = targets.map(({ service, position }) => [service.name, position] as const);
    await this.plan({ positions: Object.fromEntries(positions) });
    for (const { service } of targets) {
      // The answer may be cut by the kill.
      this.fleet.hook(service, { 'x-kill-switch': service.name }).catch(() => undefined);
    }
    const kill = waitFor('the kill', () => deploy.ended, Boolean, { within: PATIENCE_MS });
    await kill.catch(() => deploy.kill());
    const hit = await this.lines<string>('hit.jsonl');
    return positions.map(([, position]) => position).filter((each) => !hit.includes(each));
  }

  private async plan(
    plan: { readonly record: true } | { readonly positions: Readonly<Record<string, string>> },
  ): Promise<void> {
    await writeFile(join(this.folder, 'plan.json'), JSON.stringify(plan));
    for (const file of ['hit.jsonl', 'record.jsonl']) await writeFile(join(this.folder, file), '');
  }

  private async lines<T>(file: string): Promise<T[]> {
    const lines = (await readFile(join(this.folder, file), 'utf8')).split('\n');
    return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as T);
  }
}
