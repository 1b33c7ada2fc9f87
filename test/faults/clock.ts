import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import type { DeployOptions } from '../support/deploy-process.js';
import { rigFolder } from '../support/rig-environment.js';
import { Scenario, type ScenarioOptions } from '../support/scenario.js';
import { uniqueName } from '../support/shared-rig.js';
import { waitFor } from '../support/wait-for.js';

const CLOCK_SHIFT = fileURLToPath(new URL('../support/clock-shift.js', import.meta.url));

/** The wall clock of one Deploy, which a test can set. */
export class Clock {
  private constructor(private readonly file: string) {}

  /** A scenario whose Deploy has such a clock. It begins with the right time. */
  static async start(options: ScenarioOptions): Promise<{ clock: Clock; scenario: Scenario }> {
    const clock = new Clock(join(rigFolder(), uniqueName('clock')));
    await writeFile(clock.file, '0');
    onTestFinished(async () => {
      await rm(clock.file);
      await rm(`${clock.file}.done`);
    });
    const deploy: Partial<DeployOptions> = {
      ...options.deploy,
      environment: { ...options.deploy?.environment, CLOCK_SHIFT_FILE: clock.file },
      nodeArguments: ['--import', CLOCK_SHIFT],
    };
    return { clock, scenario: await Scenario.start({ ...options, deploy }) };
  }

  /** For the next start of the process. */
  async set(hours: number): Promise<void> {
    await writeFile(this.file, String(hours * 3_600_000));
  }

  /** So many hours beside the real time, from now on. Returns when it is so. */
  async jump({ deploy }: Scenario, hours: number): Promise<void> {
    await this.set(hours);
    deploy.signal('SIGUSR2');
    await waitFor(
      'the clock to have jumped',
      () => readFile(`${this.file}.done`, 'utf8'),
      (shift) => Number(shift) === hours * 3_600_000,
    );
  }
}
