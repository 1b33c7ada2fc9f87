import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasEnded, type Deployment } from '../src/domain/deployment/deployment.js';
import { DeployProcess } from './support/deploy-process.js';
import { aDockerHubPush } from './support/docker-hub.js';
import { removeNetwork } from './support/small-networks.js';
import { SteadyClient, type Answer } from './support/proxied-client.js';
import { aProxiedApp, hostFiles, STOPS, type Stop } from './support/proxied-app.js';
import { startProxy, type Proxy } from './support/proxy-rig.js';
import { pull } from './support/pull.js';
import { HUB_SECRET, removeContainers } from './support/service-setup.js';
import { configurationOf } from './support/services-configuration.js';
import { sharedRig, uniqueName } from './support/shared-rig.js';
import { ALL_TRIALS, recordTrials } from './support/trials.js';
import { waitFor } from './support/wait-for.js';

/** By default without one of them. All at once are more than two processors can do, and what is lost then tells nothing. */
const AT_ONCE: readonly (readonly Proxy[])[] = ALL_TRIALS
  ? [['nginx', 'haproxy'], ['caddy']]
  : [['nginx', 'haproxy']];
const NAMES = AT_ONCE.flat();

const PER_SECOND = 200;
/** From outside: a HEALTHCHECK costs the engine a process each time, and this machine is busy enough. */
const HEALTH = 'health: { http: { port: 8080, path: /healthz, interval: 100ms } }';
/** They keep an answer of the DNS for a second, as they count. */
const FORGOTTEN_MS = 2_500;
/** By all three services together, at least. */
const ROLLOUTS = ALL_TRIALS ? 20 : 2;

describe('start-first behind reverse proxies', () => {
  const { docker, registry, registryHost } = sharedRig();
  const network = uniqueName('proxied');
  const ports = new Map<string, number>();
  const rows: (readonly (string | number)[])[] = [];
  let version = 0;

  const containerOf = (stop: Stop): string => `${network}-${stop}`;
  const repositoryOf = (stop: Stop): string => `acme/${network}-${stop}`;

  beforeAll(async () => {
    await docker.createNetwork({ Name: network, CheckDuplicate: true });
    for (const stop of STOPS) await startApp(stop);
    for (const proxy of NAMES) {
      ports.set(proxy, await startProxy(sharedRig(), network, proxy));
      await waitFor(
        `${proxy} to serve`,
        async () => {
          const urls = STOPS.map((stop) => urlOf(proxy, stop));
          const answers = await Promise.all(
            urls.map((url) => fetch(url, { headers: { connection: 'close' } })),
          );
          return answers.every(({ status }) => status === 200);
        },
        Boolean,
        { within: 20_000, every: 200 },
      );
    }
  });

  afterAll(async () => {
    for (const stop of STOPS) await removeContainers(docker, containerOf(stop));
    for (const proxy of NAMES) await removeContainers(docker, `${network}-${proxy}`);
    await removeNetwork(docker, network);
    await recordTrials('proxies', {
      title: 'Requests through reverse proxies during rollouts by start-first',
      command: 'npm run test:faults -- --project load test/proxies.e2e.test.ts',
      columns: ['proxy', 'rollouts', 'requests', 'a second', 'failed'],
      rows,
    });
  });

  async function startApp(stop: Stop): Promise<void> {
    const image = `${registryHost}/${repositoryOf(stop)}:latest`;
    await registry.push(repositoryOf(stop), 'latest', aProxiedApp('v0', stop));
    await pull(docker, image);
    const created = await docker.createContainer({
      name: containerOf(stop),
      Image: image,
      StopTimeout: 1,
      HostConfig: {
        NetworkMode: network,
        RestartPolicy: { Name: 'always' },
        Binds: hostFiles() ?? [],
      },
      NetworkingConfig: { EndpointsConfig: { [network]: { Aliases: [stop] } } },
    });
    await created.start();
  }

  function urlOf(proxy: string, stop: Stop): string {
    return `http://127.0.0.1:${String(ports.get(proxy))}/${stop}/`;
  }

  /** Moves every service to a new version, once. */
  async function roundOfRollouts(deploy: DeployProcess): Promise<readonly Deployment[]> {
    version += 1;
    return Promise.all(
      STOPS.map(async (stop) => {
        const repository = repositoryOf(stop);
        await registry.push(repository, 'latest', aProxiedApp(`v${String(version)}`, stop));
        const answer = await fetch(`${deploy.baseUrl}/webhooks/hub/${HUB_SECRET}`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(aDockerHubPush({ repository, tag: 'latest', pushedAt: version })),
        });
        const [id = ''] = ((await answer.json()) as { deployments: string[] }).deployments;
        return waitFor(
          'the deployment to end',
          async () => (await (await deploy.api(`/deployments/${id}`)).json()) as Deployment,
          ({ phase }) => hasEnded(phase),
          { within: 60_000, every: 100 },
        );
      }),
    );
  }

  /** 200 requests a second through each of some proxies during some rounds of rollouts. */
  async function underLoad(proxies: readonly Proxy[], rollout: string, rounds: number) {
    const services = STOPS.map((stop) => {
      const [container, repository] = [containerOf(stop), repositoryOf(stop)];
      return { name: stop, container, repository, tag: 'latest', rollout };
    });
    const configuration = configurationOf(sharedRig(), services);
    const deploy = await DeployProcess.start({ configuration });
    const clients = proxies.map((proxy) => {
      const urls = STOPS.map((stop) => urlOf(proxy, stop));
      return { proxy, client: SteadyClient.start(urls, PER_SECOND) };
    });
    const deployments: Deployment[] = [];
    try {
      for (let round = 0; round < rounds; round += 1) {
        deployments.push(...(await roundOfRollouts(deploy)));
        // Until the proxies have forgotten the addresses, which the engine gives to the next containers.
        await pause(FORGOTTEN_MS);
      }
    } finally {
      await Promise.all(clients.map(({ client }) => client.stop()));
      await deploy.remove();
    }
    return { clients, deployments };
  }

  it.each(AT_ONCE.map((proxies) => [proxies] as const))(
    `lose no request in ${String(ROLLOUTS)} rollouts, and reach none that is not healthy: %s`,
    async (proxies) => {
      const rounds = Math.ceil(ROLLOUTS / STOPS.length);
      const rollout = `{ strategy: start-first, drain: { wait: 2s }, ${HEALTH} }`;
      const { clients, deployments } = await underLoad(proxies, rollout, rounds);
      expect(deployments.length).toBeGreaterThanOrEqual(ROLLOUTS);
      for (const deployment of deployments) {
        expect(deployment).toMatchObject({
          phase: 'succeeded',
          strategy: 'start-first',
          downtimeMs: 0,
        });
      }
      for (const { proxy, client } of clients) {
        const { answers, failures, rate } = client;
        rows.push([proxy, deployments.length, answers.length, rate.toFixed(0), failures.length]);
        expect({ proxy, failures: failures.map(inShort) }).toEqual({ proxy, failures: [] });
        expect(rate).toBeGreaterThan(PER_SECOND * 0.9);
        expect(new Set(answers.map(({ text }) => text.trim())).size).toBe(rounds + 1);
      }
    },
  );

  it('is what makes the difference: with recreate the same client sees failures at every proxy', async () => {
    const rollout = `{ strategy: recreate, ${HEALTH} }`;
    const { clients, deployments } = await underLoad(NAMES, rollout, ALL_TRIALS ? 2 : 1);
    expect(new Set(deployments.map(({ phase }) => phase))).toEqual(new Set(['succeeded']));
    for (const { proxy, client } of clients) {
      expect({ proxy, failed: client.failures.length > 0 }).toEqual({ proxy, failed: true });
    }
  });
});

function inShort({ url, at, took, status, text }: Answer): string {
  return `${new Date(at).toISOString()} ${url}: ${String(status)} after ${String(took)} ms, ${text.slice(0, 60)}`;
}
