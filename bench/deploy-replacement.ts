import { hasEnded, type Deployment, type StepRecord } from '../src/domain/deployment/deployment.js';
import type { DeployProcess } from '../test/support/deploy-process.js';
import { aDockerHubPush } from '../test/support/docker-hub.js';
import { waitFor } from '../test/support/wait-for.js';
import type { TimedCall } from './bare-replacement.js';
import { HUB_SECRET } from './deploy-configuration.js';
import type { Change, MeasuredService } from './measured-service.js';

type ShownDeployment = Deployment & { readonly steps: readonly StepRecord[] };

/** A change of version by Deploy, and where its time went. */
export interface DeployedChange {
  readonly change: Change;
  /** In order: the answer to the hook, the pauses between steps (as `before STEP`), the steps. */
  readonly parts: readonly TimedCall[];
  /** What the deployment itself says of the gap. */
  readonly downtimeMs: number | null;
}

/**
 * Posts Docker Hub's webhook and watches the new version come into service.
 * @param pushedAt Unix seconds; tells one hook from another
 */
export async function replaceByHook(
  deploy: DeployProcess,
  service: MeasuredService,
  pushedAt: number,
): Promise<DeployedChange> {
  const body = aDockerHubPush({ repository: service.repository, tag: 'latest', pushedAt });
  const { change, result } = await service.observe(async () => {
    const begun = Date.now();
    const answer = await fetch(`${deploy.baseUrl}/webhooks/hub/${HUB_SECRET}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    const receipt = (await answer.json()) as { readonly deployments?: readonly string[] };
    const [id] = receipt.deployments ?? [];
    if (answer.status !== 202 || id === undefined) {
      throw new Error(`The hook was answered ${answer.status} ${JSON.stringify(receipt)}`);
    }
    return { id, begun, answered: Date.now() };
  });
  const deployment = await ended(deploy, result.id);
  if (deployment.phase !== 'succeeded') throw new Error(JSON.stringify(deployment, null, 2));
  const { begun, answered } = result;
  const { downtimeMs } = deployment;
  return { change, parts: partsOf(deployment, begun, answered), downtimeMs };
}

function ended(deploy: DeployProcess, id: string): Promise<ShownDeployment> {
  return waitFor(
    `deployment ${id} to end`,
    async () => (await (await deploy.api(`/deployments/${id}`)).json()) as ShownDeployment,
    ({ phase }) => hasEnded(phase),
    { within: 60_000 },
  );
}

function partsOf({ steps }: ShownDeployment, begun: number, answered: number): TimedCall[] {
  const parts = [{ name: 'hook answered', took: answered - begun }];
  let last = answered;
  for (const { name, startedAt, finishedAt } of steps) {
    const [start, finish] = [Date.parse(startedAt), Date.parse(finishedAt ?? startedAt)];
    parts.push({ name: `before ${name}`, took: start - last }, { name, took: finish - start });
    last = finish;
  }
  return parts;
}
