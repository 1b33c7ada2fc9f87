import { onTestFinished } from 'vitest';
import type { DeployInProcess } from './deploy-in-process.js';
import { aDockerHubPush } from './docker-hub.js';
import { pull } from './pull.js';
import { aSampleApp, type SampleApp } from './sample-app.js';
import { Scenario, type ShownDeployment } from './scenario.js';
import { HUB_SECRET, removeContainers } from './service-setup.js';
import { sharedRig, uniqueName } from './shared-rig.js';
import { SELDOM_MS, waitFor } from './wait-for.js';

const MEMBERS = ['migrations', 'api', 'web'] as const;
export type Member = (typeof MEMBERS)[number];

/** The container of `mirror/api`, to which what proved itself in `production` goes on. */
const MIRROR = 'mirror';

/**
 * The environment `production`, whose services move together, each of an image of its own and at v1; and `mirror`, to
 * which its `api` is promoted.
 */
export class GroupScenario {
  #lastSecond = Math.floor(Date.now() / 1_000);
  /** When each was pushed last, as is told of it: in Unix seconds. */
  readonly #pushedAt = new Map<Member, number>();

  private constructor(
    readonly scenario: Scenario<DeployInProcess>,
    private readonly containers: Readonly<Record<Member | typeof MIRROR, string>>,
  ) {}

  /** `group` and `policies`: YAML of the environment's `group`, and of the policy of some services. */
  static async start(
    group: string,
    policies: Partial<Record<Member, string>> = {},
  ): Promise<GroupScenario> {
    const { registryHost } = sharedRig();
    const containers = {
      migrations: uniqueName('migrations'),
      api: uniqueName('api'),
      web: uniqueName('web'),
      [MIRROR]: uniqueName(MIRROR),
    };
    const imageOf = (name: Member): string => `"${registryHost}/acme/${containers[name]}"`;
    const services = MEMBERS.map((name) => {
      const policy = policies[name] ?? '{}';
      return `      ${name}: { container: ${containers[name]}, image: ${imageOf(name)}, tag: latest, policy: ${policy} }`;
    });
    const mirror = `{ container: ${containers[MIRROR]}, image: ${imageOf('api')}, tag: latest }`;
    const scenario = await Scenario.startInProcess({
      configuration: [
        '  production:',
        `    group: ${group}`,
        '    services:',
        ...services,
        `  ${MIRROR}:`,
        '    policy: { promoteFrom: { environment: production, after: 0s } }',
        `    services: { api: ${mirror} }`,
      ],
    });
    const play = new GroupScenario(scenario, containers);
    await Promise.all(MEMBERS.map((name) => play.bringUp(name)));
    return play;
  }

  private async bringUp(name: Member): Promise<void> {
    const { docker, login, registryHost } = this.scenario.stage;
    const image = `${registryHost}/acme/${this.containers[name]}:latest`;
    await this.push(name, { version: 'v1', check: 'healthy', checkEvery: 1_000 });
    await pull(docker, image, login);
    const HostConfig = { RestartPolicy: { Name: 'always' } };
    const runs = name === 'api' ? ([name, MIRROR] as const) : [name];
    for (const container of runs.map((each) => this.containers[each])) {
      onTestFinished(() => removeContainers(docker, container));
      await (await docker.createContainer({ name: container, Image: image, HostConfig })).start();
    }
  }

  /** Pushes an image, which nobody is told of. */
  push(name: Member, app: SampleApp): Promise<string> {
    const repository = `acme/${this.containers[name]}`;
    return this.scenario.stage.registry.push(repository, 'latest', aSampleApp(app));
  }

  /** Pushes an image and tells of it; returns the id of its deployment. */
  async ship(name: Member, app: SampleApp): Promise<string> {
    await this.push(name, app);
    return this.tell(name);
  }

  /** Tells of what was pushed last; once more as if it were the same hook, where it is told of `again`. */
  async tell(name: Member, again: 'again' | 'anew' = 'anew'): Promise<string> {
    if (again === 'anew') this.#pushedAt.set(name, (this.#lastSecond += 1));
    const answer = await fetch(`${this.scenario.deploy.baseUrl}/webhooks/hub/${HUB_SECRET}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(
        aDockerHubPush({
          repository: `acme/${this.containers[name]}`,
          tag: 'latest',
          pushedAt: this.#pushedAt.get(name) ?? 0,
        }),
      ),
    });
    const { deployments } = (await answer.json()) as { deployments: string[] };
    return deployments[0] ?? '';
  }

  /** A deployment once it is as wanted. */
  when(id: string, isWanted: (deployment: ShownDeployment) => boolean): Promise<ShownDeployment> {
    return waitFor(`deployment ${id}`, () => this.scenario.deployment(id), isWanted, {
      within: 60_000,
      every: SELDOM_MS,
    });
  }

  /** All deployments of a grouped one, the oldest first. */
  async ofRun(id: string): Promise<ShownDeployment[]> {
    const answer = await this.scenario.deploy.api(`/deployments?group=${id}`);
    return ((await answer.json()) as { items: ShownDeployment[] }).items.reverse();
  }

  /** What was promoted from `production` to `mirror`, the oldest first. */
  async promoted(): Promise<ShownDeployment[]> {
    const answer = await this.scenario.deploy.api(`/deployments?environment=${MIRROR}`);
    return ((await answer.json()) as { items: ShownDeployment[] }).items.reverse();
  }

  /** The version that each service runs, by its label. */
  async versions(): Promise<Record<string, string | undefined>> {
    const { docker } = this.scenario.stage;
    const entries = MEMBERS.map(async (name) => {
      const { Config, State } = await docker.getContainer(this.containers[name]).inspect();
      return [name, State.Running ? Config.Labels['version'] : 'down'] as const;
    });
    return Object.fromEntries(await Promise.all(entries));
  }
}
