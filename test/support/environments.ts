import { onTestFinished } from 'vitest';
import type { Deployment } from '../../src/domain/deployment/deployment.js';
import type { DeployInProcess } from './deploy-in-process.js';
import { removeContainers } from './service-setup.js';
import { Scenario, type ShownDeployment } from './scenario.js';
import { sharedRig, uniqueName } from './shared-rig.js';
import { SELDOM_MS, waitFor } from './wait-for.js';

const V1 = { version: 'v1', check: 'healthy' } as const;

/** A Deploy inside the test, and its first service. */
type Played = Scenario<DeployInProcess>;

interface Further {
  readonly name: string;
  readonly container: string;
  /** As YAML. */
  readonly policy: string;
}

/** `staging` with its service, and environments after it whose services run the same image. */
export async function playEnvironments(
  policies: Readonly<Record<string, string>>,
  configuration: readonly string[] = [],
): Promise<Played> {
  const further = Object.entries(policies).map(([name, policy]): Further => ({
    name,
    policy,
    container: uniqueName(name),
  }));
  const { registryHost } = sharedRig();
  const repository = `acme/${uniqueName('promoted')}`;
  const scenario = await Scenario.startInProcess({
    app: V1,
    repository,
    configuration: [
      ...further.flatMap(({ name, container, policy }) => [
        `  ${name}:`,
        `    policy: ${policy}`,
        `    services: { web: { container: ${container}, image: "${registryHost}/${repository}", tag: latest } }`,
      ]),
      ...configuration,
    ],
  });
  const { docker } = scenario.stage;
  for (const { container } of further) {
    onTestFinished(() => removeContainers(docker, container));
    const HostConfig = { RestartPolicy: { Name: 'always' } };
    const created = await docker.createContainer({
      name: container,
      Image: scenario.image(),
      HostConfig,
    });
    await created.start();
  }
  return scenario;
}

/** The newest deployment of an environment, once it is as wanted. */
export function newest(
  scenario: Played,
  environment: string,
  isWanted: (deployment: Deployment) => boolean,
): Promise<ShownDeployment> {
  return waitFor(
    `the newest deployment of ${environment}`,
    async () => {
      const path = `/deployments?environment=${environment}&limit=1`;
      const { items } = (await (await scenario.deploy.api(path)).json()) as {
        items: ShownDeployment[];
      };
      return items[0] ?? null;
    },
    (deployment) => deployment !== null && isWanted(deployment),
    { within: 60_000, every: SELDOM_MS },
  ) as Promise<ShownDeployment>;
}
