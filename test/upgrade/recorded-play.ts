import type Docker from 'dockerode';
import { DeployProcess } from '../support/deploy-process.js';
import { aDockerHubPush } from '../support/docker-hub.js';
import { pull } from '../support/pull.js';
import type { RegistryClient } from '../support/registry-client.js';
import { aSampleApp, type SampleApp } from '../support/sample-app.js';
import type { ShownDeployment } from '../support/scenario.js';
import { containerBody } from '../support/service-setup.js';
import { waitFor } from '../support/wait-for.js';
import { RECORDED_REGISTRY, type RecordedImage } from './fixture.js';
import {
  PUBLIC_URL,
  RECORDED_HUB_SECRET,
  SERVICES,
  TOKENS,
  type Service,
} from './recorded-configuration.js';

const BAD: SampleApp = { version: 'bad', exitsAtOnce: 3 };
/** A port is published for one service only: `start-first` must have none. */
const WITH_PORT: readonly Service[] = ['api'];
const API_PORT = 5001;

interface Deployments {
  readonly items: readonly ShownDeployment[];
}

/** Makes a history with a real server: everything that a deployment can come to. */
export class RecordedPlay {
  readonly images: RecordedImage[] = [];
  #second = Math.floor(Date.now() / 1_000);

  constructor(
    private readonly docker: Docker,
    private readonly registry: RegistryClient,
    private readonly deploy: DeployProcess,
  ) {}

  /** Starts the first version of every service, as its user would. */
  async bringUp(): Promise<void> {
    for (const service of Object.keys(SERVICES) as Service[]) {
      const { container } = SERVICES[service];
      await this.push(service, { version: 'v1' });
      await pull(this.docker, imageOf(service));
      const body = WITH_PORT.includes(service)
        ? containerBody(container, imageOf(service), API_PORT)
        : {
            name: container,
            Image: imageOf(service),
            HostConfig: { RestartPolicy: { Name: 'always' } },
          };
      await (await this.docker.createContainer(body)).start();
    }
  }

  /** Everything but what is half-done at the end. */
  async history(): Promise<void> {
    await this.webAndApi();
    await this.delayed();
    await this.approved();
    await this.frozen();
    await this.grouped();
    await this.oddDeliveries();
  }

  /** Pushes a version of `api`; its hook sets off the kill switch. */
  async beginHalfDone(): Promise<void> {
    await this.push('api', { version: 'v3' });
    // The answer may be cut by the kill.
    this.hook('api', { 'x-kill-switch': 'api' }).catch(() => undefined);
    await waitFor('the kill', () => this.deploy.ended, Boolean, { within: 60_000 });
  }

  private async webAndApi(): Promise<void> {
    await this.ship('api', { version: 'v2' }, 'succeeded');
    await this.ship('web', { version: 'v2' }, 'succeeded');
    await this.ship('api', BAD, 'rolled-back');
    await this.ship('web', BAD, 'failed');
    // Told of once more: its digest is quarantined.
    await this.when(await this.told('web'), 'skipped');
    const back = await this.made('/environments/staging/services/web/rollback', {});
    await this.when(back, 'succeeded');
    const missing = await this.made('/environments/staging/services/missing/deployments', {
      digest: this.image('web', 'v2').digest,
    });
    await this.when(missing, 'failed');
  }

  private async delayed(): Promise<void> {
    const first = await this.ship('nightly', { version: 'v2' }, 'waiting');
    const second = await this.ship('nightly', { version: 'v3' }, 'waiting');
    await this.when(first, 'superseded');
    await this.asked(`/deployments/${second}/cancel`, {}, 'ops');
    await this.when(second, 'cancelled');
    await this.ship('nightly', { version: 'v4' }, 'waiting');
  }

  private async approved(): Promise<void> {
    const first = await this.ship('shop', { version: 'v2' }, 'waiting');
    const made = await this.asked(`/deployments/${first}/approve-link`, { for: 'anna' }, 'first');
    const { url } = (await made.json()) as { url: string };
    const page = await fetch(`${this.deploy.baseUrl}${url.slice(PUBLIC_URL.length)}`, {
      method: 'POST',
      body: new URLSearchParams({ verdict: 'approve', comment: 'fine' }),
    });
    if (!page.ok) throw new Error(await page.text());
    await this.when(first, 'succeeded');
    const second = await this.ship('shop', { version: 'v3' }, 'waiting');
    await this.asked(`/deployments/${second}/reject`, { comment: 'not today' }, 'anna');
    await this.when(second, 'rejected');
    await this.ship('shop', { version: 'v4' }, 'waiting');
  }

  private async frozen(): Promise<void> {
    await this.asked('/environments/demo/freeze', { reason: 'sale' }, 'ops', 'PUT');
    await this.ship('demo', { version: 'v2' }, 'waiting');
  }

  private async grouped(): Promise<void> {
    await this.shipTogether('v2', { version: 'v2' }, 'succeeded');
    await this.shipTogether('v3', BAD, 'rolled-back');
  }

  private async shipTogether(version: string, worker: SampleApp, end: string): Promise<void> {
    await this.push('worker', worker);
    const second = await this.told('worker');
    const first = await this.ship('tables', { version }, 'waiting');
    await this.when(second, end);
    if (end === 'succeeded') return;
    // What went before the one that failed goes back, in a deployment of its own.
    await waitFor(
      'the group to be back',
      async () =>
        (await (await this.call('/deployments?service=tables&limit=1')).json()) as Deployments,
      ({ items: [newest] }) => newest?.id !== first && newest?.finishedAt != null,
      { within: 60_000 },
    );
  }

  /** What makes no deployment, and one that is sent again by hand. */
  private async oddDeliveries(): Promise<void> {
    const unknown = aDockerHubPush({ repository: 'shop/unknown', tag: 'latest' });
    await this.post(JSON.stringify(unknown));
    await this.post('{ "push_data": ');
    const answer = await this.call('/deliveries?limit=1');
    const [newest] = ((await answer.json()) as { items: { id: string }[] }).items;
    await this.asked(`/deliveries/${newest?.id ?? ''}/replay`, {}, 'first');
  }

  private image(service: Service, version: string): RecordedImage {
    const { repository } = SERVICES[service];
    const found = this.images.find(
      (each) => each.repository === repository && each.app.version === version,
    );
    if (found === undefined) throw new Error(`${service} was never at ${version}`);
    return found;
  }

  /** Pushes a version, tells of it, and waits until its deployment is in a phase. */
  private async ship(service: Service, app: SampleApp, phase: string): Promise<string> {
    await this.push(service, app);
    return this.when(await this.told(service), phase);
  }

  private async push(service: Service, app: SampleApp): Promise<void> {
    const { repository } = SERVICES[service];
    const { digest, imageId, ...image } = aSampleApp(app);
    await this.registry.push(repository, 'latest', { digest, imageId, ...image });
    this.images.push({ repository, tag: 'latest', app, digest, imageId });
  }

  private async told(service: Service): Promise<string> {
    const answer = await this.hook(service);
    const { deployments } = (await answer.json()) as { deployments: string[] };
    const [id] = deployments;
    if (id === undefined) throw new Error(`nobody deploys ${service}`);
    return id;
  }

  private hook(
    service: Service,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Response> {
    this.#second += 1;
    const { repository } = SERVICES[service];
    const body = aDockerHubPush({ repository, tag: 'latest', pushedAt: this.#second });
    return this.post(JSON.stringify(body), headers);
  }

  private post(body: string, headers: Readonly<Record<string, string>> = {}): Promise<Response> {
    return fetch(`${this.deploy.baseUrl}/webhooks/hub/${RECORDED_HUB_SECRET}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body,
    });
  }

  private async made(path: string, wish: object): Promise<string> {
    return ((await (await this.asked(path, wish)).json()) as { id: string }).id;
  }

  private async when(id: string, phase: string): Promise<string> {
    await waitFor(
      `deployment ${id} to be ${phase}`,
      () => this.shown(id),
      (seen) => seen.phase === phase && (phase !== 'waiting' || isHeld(seen)),
      { within: 60_000 },
    );
    return id;
  }

  private async shown(id: string): Promise<ShownDeployment> {
    return (await (await this.call(`/deployments/${id}`)).json()) as ShownDeployment;
  }

  /** @throws Error where it is refused */
  private async asked(
    path: string,
    body: object,
    who: keyof typeof TOKENS | 'first' = 'ops',
    method = 'POST',
  ): Promise<Response> {
    const answer = await this.call(path, { method, body: JSON.stringify(body) }, who);
    if (!answer.ok) throw new Error(`${path}: ${await answer.text()}`);
    return answer;
  }

  private call(
    path: string,
    init: RequestInit = {},
    who: keyof typeof TOKENS | 'first' = 'first',
  ): Promise<Response> {
    const headers: Record<string, string> =
      who === 'first' ? {} : { authorization: `Bearer ${TOKENS[who]}` };
    return this.deploy.api(path, { ...init, headers });
  }
}

/** Whether it waits for what it will be left waiting for: its digest is known by then. */
function isHeld({ waitingFor }: ShownDeployment): boolean {
  return waitingFor !== null && waitingFor !== 'registry';
}

function imageOf(service: Service): string {
  return `${RECORDED_REGISTRY}/${SERVICES[service].repository}:latest`;
}
