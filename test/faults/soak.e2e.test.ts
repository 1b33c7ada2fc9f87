import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DeployProcess } from '../support/deploy-process.js';
import { aDockerHubPush } from '../support/docker-hub.js';
import { EngineRig } from '../support/engine-rig.js';
import { NetworkNamespace } from '../support/network-namespace.js';
import { pull } from '../support/pull.js';
import { RegistryRig } from '../support/registry-rig.js';
import { aSampleApp, type SampleApp } from '../support/sample-app.js';
import type { ShownDeployment } from '../support/scenario.js';
import { HUB_SECRET, type Stage } from '../support/service-setup.js';
import { configurationOf } from '../support/services-configuration.js';
import { ALL_TRIALS, recordTrials } from '../support/trials.js';
import { waitFor } from '../support/wait-for.js';

const SERVICES = ALL_TRIALS ? 10 : 3;
const ROUNDS = ALL_TRIALS ? 30 : 4;
/** After so many rounds everything that is made once is made. */
const WARM_UP = ALL_TRIALS ? 6 : 2;
/** Of every five rounds the third brings a bad version, which is rolled back. */
const isBad = (round: number): boolean => round % 5 === 3;
/** Images that are not kept any more go as soon as no rollout is under way. */
const SETTLE_MS = 3_000;
/** The garbage collector lets memory go up and down by about this much, in MB. */
const MEMORY_SLACK = 25;

/** What must not grow. */
interface Figures {
  /** Resident, in MB of 1,000,000 bytes. */
  readonly memory: number;
  readonly openFiles: number;
  readonly containers: number;
  readonly volumes: number;
  readonly networks: number;
  readonly images: number;
}

const services = Array.from({ length: SERVICES }, (_, index) => `web-${index + 1}`);

describe('many rollouts of many services', () => {
  let place: NetworkNamespace;
  let engine: EngineRig;
  let registry: RegistryRig;
  let stage: Stage;
  let deploy: DeployProcess;
  beforeAll(async () => {
    place = await NetworkNamespace.create();
    engine = await EngineRig.start({ place });
    registry = await RegistryRig.start({ place });
    stage = {
      docker: engine.docker,
      engineHost: engine.host,
      registryHost: registry.host,
      registry: registry.client,
    };
    for (const service of services) await run(stage, service);
    const configured = services.map((service) => ({
      name: service,
      container: service,
      repository: `acme/${service}`,
      tag: 'latest',
      rollout: '{ health: { stableFor: 200ms } }',
    }));
    deploy = await DeployProcess.start({
      place,
      configuration: configurationOf(stage, configured),
    });
  });
  afterAll(async () => {
    await deploy.remove();
    await registry.remove();
    await engine.remove();
    await place.remove();
  });

  it('leave memory, open files and the engine as they were', async () => {
    const began = performance.now();
    let first: Figures | null = null;
    for (let round = 1; round <= ROUNDS; round++) {
      const next: SampleApp = isBad(round)
        ? { version: `v${round}`, exitsAtOnce: 1 }
        : { version: `v${round}`, config: { Labels: { round: `${round}` } } };
      const ended = await Promise.all(
        services.map((service) => ship(stage, deploy, service, next)),
      );
      const wanted = isBad(round) ? 'rolled-back' : 'succeeded';
      expect(ended.map(({ phase }) => phase)).toEqual(services.map(() => wanted));
      if (round === WARM_UP) first = await figuresOf(engine, deploy);
    }
    const last = await figuresOf(engine, deploy);
    const seconds = Math.round((performance.now() - began) / 1_000);
    console.log(`soak: ${ROUNDS * SERVICES} rollouts in ${seconds} s`, { first, last });
    await recordTrials('soak', {
      title: `Soak: ${ROUNDS * SERVICES} rollouts of ${SERVICES} services in ${seconds} s`,
      command: 'npm run soak',
      columns: ['', `after ${WARM_UP} rounds`, 'at the end'],
      rows: Object.entries(last).map(([figure, value]) => [
        figure === 'memory' ? 'memory, MB' : figure.replace('openFiles', 'open files'),
        first?.[figure as keyof Figures] ?? '',
        value as number,
      ]),
    });
    if (first === null) throw new Error('nothing was measured');
    const { memory, openFiles, ...objects } = last;
    const { memory: memoryAtFirst, openFiles: filesAtFirst, ...objectsAtFirst } = first;
    expect(objects).toEqual(objectsAtFirst);
    expect(memory).toBeLessThan(memoryAtFirst + MEMORY_SLACK);
    expect(openFiles).toBeLessThanOrEqual(filesAtFirst + 2);
  }, 3_600_000);
});

/** Makes a service's first container. */
async function run(stage: Stage, service: string): Promise<void> {
  const image = `${stage.registryHost}/acme/${service}:latest`;
  await stage.registry.push(`acme/${service}`, 'latest', aSampleApp({ version: 'v0' }));
  await pull(stage.docker, image);
  const created = await stage.docker.createContainer({
    name: service,
    Image: image,
    Volumes: { '/data': {} },
    HostConfig: { RestartPolicy: { Name: 'always' } },
  });
  await created.start();
}

async function ship(
  stage: Stage,
  deploy: DeployProcess,
  service: string,
  next: SampleApp,
): Promise<ShownDeployment> {
  await stage.registry.push(`acme/${service}`, 'latest', aSampleApp(next));
  const answer = await fetch(`${deploy.baseUrl}/webhooks/hub/${HUB_SECRET}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      ...aDockerHubPush({ repository: `acme/${service}`, tag: 'latest' }),
      callback_url: `https://deploy.example.com/${next.version}`,
    }),
  });
  const { deployments } = (await answer.json()) as { deployments: string[] };
  const [id = ''] = deployments;
  return waitFor(
    `the deployment of ${service} to end`,
    async () => (await (await deploy.api(`/deployments/${id}`)).json()) as ShownDeployment,
    ({ finishedAt }) => finishedAt !== null,
    { within: 120_000, every: 200 },
  );
}

async function figuresOf({ docker }: EngineRig, deploy: DeployProcess): Promise<Figures> {
  await settled(docker);
  const [status, files, containers, { Volumes: volumes }, networks, images] = await Promise.all([
    readFile(`/proc/${deploy.pid}/status`, 'utf8'),
    readdir(`/proc/${deploy.pid}/fd`),
    docker.listContainers({ all: true }),
    docker.listVolumes(),
    docker.listNetworks(),
    docker.listImages(),
  ]);
  const kilobytes = Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? Number.NaN);
  return {
    memory: Math.round((kilobytes * 1_024) / 1_000_000),
    openFiles: files.length,
    containers: containers.length,
    volumes: volumes.length,
    networks: networks.length,
    images: images.length,
  };
}

/** Images are tidied up when no rollout is under way: until none has gone for a while. */
async function settled(docker: EngineRig['docker']): Promise<void> {
  const count = async (): Promise<number> => (await docker.listImages()).length;
  for (let before = Number.NaN, now = await count(); now !== before; now = await count()) {
    before = now;
    await delay(SETTLE_MS);
  }
}
