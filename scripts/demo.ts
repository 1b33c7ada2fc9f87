import { randomBytes } from 'node:crypto';
import { aDockerHubPush } from '../test/support/docker-hub.js';
import { DeployProcess } from '../test/support/deploy-process.js';
import { pull } from '../test/support/pull.js';
import { aSampleApp } from '../test/support/sample-app.js';
import { waitFor } from '../test/support/wait-for.js';
import { buildIfNeeded } from './build-if-needed.js';
import { followDeployment, type ShownDeployment } from './demo/follow-deployment.js';
import { setStage, type Stage } from './demo/stage.js';
import { RigUnavailable } from './rig-tools.js';

/**
 * `npm run demo [-- --once]`: a push to a registry becomes a running container, shown step by step.
 * Stays until Ctrl-C; with `--once` it ends by itself, with exit code 0 only if version 2 is really
 * served. Either way it removes whatever it brought up.
 */
const REPOSITORY = 'deploy-demo/web';
const CONTAINER = 'deploy-demo-web';
const LABEL = 'deploy-demo';
const once = process.argv.includes('--once');
const webhookSecret = randomBytes(24).toString('hex');
const adminToken = randomBytes(24).toString('hex');

/** Each undoes one thing; run backwards. */
const cleanUps: (() => Promise<void>)[] = [];
const interruption = new Promise<void>((resolve) => {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, resolve);
});

let number = 0;
const step = (line: string): void => {
  number += 1;
  const text = `${number}. ${line}`;
  console.log(process.stdout.isTTY ? `\n\u001b[1m${text}\u001b[0m` : `\n${text}`);
};
const say = (line: string): void => {
  console.log(`   ${line}`);
};

try {
  // An interruption lets the demo end at once; what it was doing ends in the clean-up.
  const demo = show();
  demo.catch(() => undefined);
  const succeeded = await Promise.race([demo, interruption.then(() => null)]);
  if (succeeded !== null && !once) await interruption;
  process.exitCode = succeeded === null ? 130 : succeeded ? 0 : 1;
} catch (error) {
  console.error(`\n${error instanceof RigUnavailable ? error.message : String(error)}`);
  process.exitCode = 1;
} finally {
  await cleanUp();
}
process.exit();

/** The demo itself; true when the new version is served and the deployment succeeded. */
async function show(): Promise<boolean> {
  await buildIfNeeded(say);

  step('A Docker engine and a registry');
  const stage = await setStage(say, (undo) => {
    cleanUps.push(undo);
  });
  say(
    stage.isOwnEngine
      ? 'An engine of its own, in a network of its own.'
      : 'The engine that runs here already is used.',
  );
  say(`Engine ${stage.engineHost}, registry ${stage.registryHost}`);
  cleanUps.push(() => clearEngine(stage));
  await clearEngine(stage);

  step(`Version 1 of a sample app is pushed as ${REPOSITORY}:latest and started as ${CONTAINER}`);
  const oldDigest = await pushVersion(stage, 'version 1');
  await runByHand(stage);
  const url = `http://127.0.0.1:${stage.appPort}/`;
  await served(url, 'version 1');
  say(`${url} serves: version 1   (${oldDigest})`);

  step('Deploy starts');
  const deploy = await DeployProcess.prepare({
    configuration: configuration(stage),
    environment: { HUB_SECRET: webhookSecret },
    adminToken,
  });
  cleanUps.push(() => deploy.remove());
  cleanUps.push(async () => {
    await deploy.stop();
  });
  await deploy.start();
  say(`It listens on ${deploy.baseUrl} with this deploy.yaml:`);
  for (const line of configuration(stage).trimEnd().split('\n')) say(`  ${line}`);

  step('Version 2 is pushed under the same tag; the container does not change yet');
  const newDigest = await pushVersion(stage, 'version 2');
  await served(url, 'version 1');
  say(`the tag is now ${newDigest}`);
  say(`${url} serves: version 1`);

  step('The registry tells Deploy, as Docker Hub does: one webhook');
  const id = await sendWebhook(deploy);

  step('The container moves');
  const deployment = await followDeployment(deploy, id, say);

  step('Afterwards');
  const succeeded = await outcome(url, deployment, newDigest, stage);
  whereToLook(deploy, url, deployment);
  return succeeded;
}

async function pushVersion(stage: Stage, version: string): Promise<string> {
  const image = aSampleApp({ version, check: 'healthy', config: { Labels: { [LABEL]: 'yes' } } });
  return stage.registry.push(REPOSITORY, 'latest', image);
}

/** As a user would: `docker run --detach --restart always --publish … --name …`. */
async function runByHand({ docker, registryHost, appPort }: Stage): Promise<void> {
  const reference = `${registryHost}/${REPOSITORY}:latest`;
  await pull(docker, reference);
  const container = await docker.createContainer({
    name: CONTAINER,
    Image: reference,
    HostConfig: {
      RestartPolicy: { Name: 'always' },
      PortBindings: { '8080/tcp': [{ HostIp: '127.0.0.1', HostPort: `${appPort}` }] },
    },
  });
  await container.start();
}

function configuration({ engineHost, registryHost }: Stage): string {
  return `engines:
  local: { host: "${engineHost}" }
webhooks:
  hub:
    type: docker-hub
    secret: "\${HUB_SECRET}"
    registry: ${registryHost}
environments:
  demo:
    engine: local
    services:
      web: { container: ${CONTAINER}, image: ${registryHost}/${REPOSITORY}, tag: latest }
`;
}

async function sendWebhook(deploy: DeployProcess): Promise<string> {
  const answer = await fetch(`${deploy.baseUrl}/webhooks/hub/${webhookSecret}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(aDockerHubPush({ repository: REPOSITORY, tag: 'latest' })),
  });
  const text = await answer.text();
  say(`POST ${deploy.baseUrl}/webhooks/hub/<secret>`);
  say(`${answer.status} ${text}`);
  const [id] = (JSON.parse(text) as { deployments?: readonly string[] }).deployments ?? [];
  if (answer.status !== 202 || id === undefined) throw new Error('The webhook made no deployment');
  return id;
}

async function outcome(
  url: string,
  deployment: ShownDeployment,
  newDigest: string,
  { docker, registryHost }: Stage,
): Promise<boolean> {
  const text = await waitFor('the app', () => textOf(url));
  say(`${url} serves: ${text}`);
  const running = await docker.getContainer(CONTAINER).inspect();
  const image = await docker.getImage(running.Image).inspect();
  const isNewImage = image.RepoDigests.includes(`${registryHost}/${REPOSITORY}@${newDigest}`);
  say(`${CONTAINER} runs image ${running.Image}, ${isNewImage ? 'the one pushed' : 'another one'}`);
  const { phase, downtimeMs, error } = deployment;
  say(`deployment ${phase}${downtimeMs === null ? '' : `, service was away for ${downtimeMs} ms`}`);
  if (error !== null) say(`${error.code}: ${error.message}`);
  return text === 'version 2' && isNewImage && phase === 'succeeded';
}

function whereToLook(deploy: DeployProcess, url: string, { id }: ShownDeployment): void {
  step('Where to look');
  say(`app    ${url}`);
  say(`REST   ${deploy.baseUrl}/api/v1   (to read in a browser: ${deploy.baseUrl}/api/docs)`);
  say(`token  ${adminToken}`);
  const curl = `curl -H 'Authorization: Bearer ${adminToken}' ${deploy.baseUrl}/api/v1`;
  say(`${curl}/environments/demo/services/web`);
  say(`${curl}/deployments/${id}`);
  say(`${curl}/deployments/${id}/log`);
  if (!once) say('Ctrl-C ends the demo and removes everything.');
}

async function served(url: string, version: string): Promise<void> {
  await waitFor(
    `${url} to serve ${version}`,
    () => textOf(url),
    (text) => text === version,
    {
      within: 20_000,
    },
  );
}

async function textOf(url: string): Promise<string> {
  const answer = await fetch(url, {
    headers: { connection: 'close' },
    // Before a container listens, the engine's proxy may take a connection and never answer on it.
    signal: AbortSignal.timeout(2_000),
  });
  return (await answer.text()).trim();
}

/** Removes the demo's containers and images, and nobody else's. */
async function clearEngine({ docker, registryHost }: Stage): Promise<void> {
  const containers = await docker.listContainers({
    all: true,
    filters: { label: [`${LABEL}=yes`], name: [CONTAINER] },
  });
  for (const { Id } of containers) await docker.getContainer(Id).remove({ force: true, v: true });
  const images = await docker.listImages({ filters: { label: [`${LABEL}=yes`] } });
  const ours = images.filter(({ RepoTags, RepoDigests }) =>
    [...(RepoTags ?? []), ...(RepoDigests ?? [])].some(
      (name) => name.startsWith(`${registryHost}/`) || name.includes(`/${REPOSITORY}`),
    ),
  );
  for (const { Id } of ours) await docker.getImage(Id).remove({ force: true });
}

async function cleanUp(): Promise<void> {
  if (cleanUps.length > 0) console.log('\nCleaning up.');
  for (const undo of cleanUps.reverse()) {
    try {
      await undo();
    } catch (error) {
      console.error(`Clean-up: ${String(error)}`);
      process.exitCode = 1;
    }
  }
}
