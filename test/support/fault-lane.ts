import type { Strategy } from '../../src/domain/settings/rollout-settings.js';
import type { ErrorCode } from '../../src/domain/errors.js';
import { Availability, type Gaps } from './availability.js';
import type { AskedEvent, FaultProxy, PlannedFault } from './fault-proxy.js';
import { LAST_WORD } from './fleet-container.js';
import type { Fleet, FleetService } from './kill-fleet.js';
import type { SampleApp } from './sample-app.js';
import type { ShownDeployment } from './scenario.js';
import { waitFor } from './wait-for.js';

/** A deployment has to end within this time, whatever happens to one call; in milliseconds. */
const ENDS_WITHIN_MS = 120_000;

/** A deployment that faults are tried on. */
export interface FaultCase {
  readonly strategy: Strategy;
  readonly image: 'good' | 'bad';
  /** `rollout` of the service, as YAML. */
  readonly rollout: string;
  /** How a bad version behaves beyond its name. */
  readonly bad: Omit<SampleApp, 'version'>;
  /** What a bad version fails with. */
  readonly codes: readonly ErrorCode[];
}

/** What a deployment with a fault in it left behind. */
export interface Trial {
  readonly deployment: ShownDeployment;
  /** Versions that served before, and that it was to bring. */
  readonly before: string;
  readonly next: string;
  readonly digest: string;
  readonly quarantinedBefore: readonly string[];
  readonly dead: Gaps;
  readonly withoutGood: Gaps;
  readonly hits: number;
}

/** One service, with an engine connection of its own, on which one deployment after the other is tried. */
export class FaultLane {
  #version = 'v1';

  constructor(
    readonly fleet: Fleet,
    readonly service: FleetService,
    readonly proxy: FaultProxy,
    readonly kase: FaultCase,
  ) {}

  /** Deploys the case's version with a fault, or without one, and returns when that has ended. */
  async deploy(fault: PlannedFault | null): Promise<Trial> {
    const { fleet, service, kase } = this;
    const isBad = kase.image === 'bad';
    if (isBad) await this.forgetLastWord();
    const before = this.#version;
    const next = isBad ? 'bad' : this.nextGood();
    const app = isBad ? { version: 'bad', ...kase.bad } : { version: next, lastWord: LAST_WORD };
    const digest = await fleet.push(service.name, app);
    const quarantinedBefore = await fleet.quarantined(service);
    const availability = Availability.watch(() => fleet.served(service));
    try {
      const deployment = await this.deployed(fault);
      // What was just started is given a moment until it listens.
      await waitFor('somebody to serve', () => fleet.served(service), Boolean, { within: 10_000 });
      this.#version = await fleet.served(service);
      await availability.stop();
      const dead = availability.gaps((version) => version !== null);
      const withoutGood = availability.gaps((version) => version !== null && version !== 'bad');
      const { hits } = this.proxy;
      return { deployment, before, next, digest, quarantinedBefore, dead, withoutGood, hits };
    } finally {
      this.proxy.mend();
      await availability.stop();
    }
  }

  /** What the undisturbed deployment asked of the engine. */
  async record(): Promise<readonly AskedEvent[]> {
    const { deployment } = await this.deploy(null);
    const isAsWanted =
      this.kase.image === 'good'
        ? deployment.phase === 'succeeded'
        : this.kase.codes.some((code) => code === deployment.error?.code);
    if (!isAsWanted) throw new Error(`undisturbed it is ${JSON.stringify(deployment)}`);
    return this.proxy.events;
  }

  /** Deploys a good version without any fault. @throws Error where that does not work. */
  async deployAgain(): Promise<void> {
    const next = this.nextGood();
    await this.fleet.push(this.service.name, { version: next, lastWord: LAST_WORD });
    const deployment = await this.deployed(null);
    if (deployment.phase !== 'succeeded') {
      throw new Error(`a later deployment ends ${JSON.stringify(deployment)}`);
    }
    this.#version = next;
    const served = (): Promise<string> => this.fleet.served(this.service);
    await waitFor(`${next} to serve`, served, (version) => version === next);
  }

  private async deployed(fault: PlannedFault | null): Promise<ShownDeployment> {
    const { deploy } = this.fleet;
    const { environment, name } = this.service;
    this.proxy.begin(fault);
    const path = `/environments/${environment}/services/${name}/deployments`;
    const answer = await deploy.api(path, { method: 'POST', body: '{}' });
    const { id } = (await answer.json()) as { id: string };
    if (answer.status !== 202) throw new Error(`is not accepted: ${String(answer.status)}`);
    const shown = async (): Promise<ShownDeployment> =>
      (await (await deploy.api(`/deployments/${id}`)).json()) as ShownDeployment;
    const hasEnded = ({ finishedAt }: ShownDeployment): boolean => finishedAt !== null;
    return waitFor('the end', shown, hasEnded, { within: ENDS_WITHIN_MS, every: 200 });
  }

  /** The old one's last word is what some bad versions fail by. */
  private async forgetLastWord(): Promise<void> {
    const container = this.fleet.stage.docker.getContainer(this.service.container);
    const exec = await container.exec({ Cmd: ['/bin/busybox', 'rm', '-f', LAST_WORD] });
    await exec.start({ Detach: true });
    const ended = async (): Promise<boolean> => !(await exec.inspect()).Running;
    await waitFor('the last word to be gone', ended);
  }

  private nextGood(): string {
    return this.#version === 'v1' ? 'v2' : 'v1';
  }
}
