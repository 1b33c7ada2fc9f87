import type { DeployProcess } from '../../test/support/deploy-process.js';
import { waitFor } from '../../test/support/wait-for.js';

/** The part of a deployment that the demo shows. */
export interface ShownDeployment {
  readonly id: string;
  readonly phase: string;
  readonly reason: string | null;
  readonly downtimeMs: number | null;
  readonly digest: string | null;
  readonly previousDigest: string | null;
  readonly finishedAt: string | null;
  readonly error: { readonly code: string; readonly message: string } | null;
  readonly steps: readonly {
    readonly name: string;
    readonly startedAt: string;
    readonly finishedAt: string | null;
    readonly outcome: string | null;
    readonly detail: string | null;
  }[];
}

/** Says every step of a deployment when it has ended; returns the deployment when that has. */
export async function followDeployment(
  deploy: DeployProcess,
  id: string,
  say: (line: string) => void,
): Promise<ShownDeployment> {
  let said = 0;
  let phase = '';
  return waitFor(
    `deployment ${id} to end`,
    async () => {
      const answer = await deploy.api(`/deployments/${id}`);
      if (!answer.ok) throw new Error(`${answer.status}: ${await answer.text()}`);
      const deployment = (await answer.json()) as ShownDeployment;
      for (const step of deployment.steps.slice(said)) {
        if (step.finishedAt === null) break;
        said += 1;
        const took = Date.parse(step.finishedAt) - Date.parse(step.startedAt);
        const detail = step.detail === null ? '' : `  ${step.detail}`;
        say(
          `  ${step.name.padEnd(18)} ${`${took} ms`.padStart(8)}  ${step.outcome ?? ''}${detail}`,
        );
      }
      if (deployment.phase !== phase) {
        phase = deployment.phase;
        say(`deployment is ${phase}${deployment.reason === null ? '' : `: ${deployment.reason}`}`);
      }
      return deployment;
    },
    (deployment) => deployment.finishedAt !== null,
    { within: 180_000, every: 50 },
  );
}
