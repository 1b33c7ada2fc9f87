import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Fleet, PATIENCE_MS, type FleetService } from './kill-fleet.js';
import { rigFolder } from './rig-environment.js';
import type { Stage } from './scene.js';
import { waitFor } from './wait-for.js';

const SWITCH = fileURLToPath(new URL('kill-switch.js', import.meta.url));

/** Something that a deployment asked of the engine or committed, as `kill-switch.js` records it. */
export interface RecordedEvent {
  readonly kind: 'call' | 'read' | 'commit';
  readonly event: string;
}

/**
 * A fleet whose Deploy has the kill switch: each round takes a fresh service. The life that a kill ends is
 * followed by one that recovers and is checked, and which is then killed in the next round: the switch does
 * nothing until a hook arrives, and that saves a start.
 */
export class KillLane {
  private constructor(
    readonly fleet: Fleet,
    private readonly folder: string,
  ) {}

  static async start(stage: Stage, rounds: number): Promise<KillLane> {
    const folder = await mkdtemp(join(rigFolder(), 'kill-'));
    const fleet = await Fleet.prepare(stage, rounds, {
      environment: { KILL_SWITCH_FOLDER: folder },
      nodeArguments: ['--import', SWITCH],
    });
    await fleet.start();
    return new KillLane(fleet, folder);
  }

  async remove(): Promise<void> {
    await this.fleet.deploy.remove();
    await rm(this.folder, { recursive: true, force: true });
  }

  /** Deploys undisturbed and returns what was asked and committed from the hook's arrival on. */
  async record(service: FleetService): Promise<RecordedEvent[]> {
    await this.#plan({ record: true });
    await this.fleet.hook(service);
    await this.fleet.ended(service);
    // Its last commit comes after the deployment is shown as ended; a stop waits for it.
    await this.fleet.deploy.stop();
    await this.fleet.start();
    const lines = (await readFile(join(this.folder, 'record.jsonl'), 'utf8')).trim().split('\n');
    return lines.map((line) => JSON.parse(line) as RecordedEvent);
  }

  /**
   * Sends the hook with the switch set to the position and returns when the process is dead.
   * @throws Error where the position was not hit.
   */
  async killAt(position: string, service: FleetService): Promise<void> {
    const { deploy } = this.fleet;
    await this.#plan({ position });
    await this.fleet.hook(service).catch(() => undefined); // The answer may be cut by the kill.
    try {
      await waitFor('the kill', () => deploy.ended, Boolean, { within: PATIENCE_MS });
    } catch (error) {
      await deploy.stop();
      await this.fleet.start();
      throw new Error('the position was not hit', { cause: error });
    }
    if (!existsSync(join(this.folder, 'hit'))) throw new Error('Deploy ended by itself');
  }

  async #plan(plan: { readonly record: true } | { readonly position: string }): Promise<void> {
    await writeFile(join(this.folder, 'plan.json'), JSON.stringify(plan));
    for (const file of ['hit', 'record.jsonl']) await rm(join(this.folder, file), { force: true });
  }
}
