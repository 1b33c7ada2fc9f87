import { ulid } from 'ulid';
import { type IncomingDelivery } from '../../src/deployments/intake/delivery.service.js';
import type { Delivery } from '../../src/domain/deployment/delivery.js';
import { newDeployment, type Deployment } from '../../src/domain/deployment/deployment.js';
import { DeployError } from '../../src/domain/errors.js';
import { Storage } from '../../src/storage/storage.js';

const IMAGE = 'docker.io/acme/web';
export const DIGEST = `sha256:${'a'.repeat(64)}`;

/** Replaces the intake of deliveries; stores them as the real one does. */
export class FakeDeliveries {
  readonly accepted: IncomingDelivery[] = [];
  failure: Error | null = null;

  constructor(private readonly storage: Storage) {}

  async accept(input: IncomingDelivery): Promise<Delivery> {
    if (this.failure !== null) throw this.failure;
    this.accepted.push(input);
    const ignored = 'ignored' in input.parsed ? input.parsed.ignored : null;
    const delivery: Delivery = {
      id: ulid(),
      webhook: input.webhook.name,
      type: input.webhook.type,
      receivedAt: input.receivedAt,
      from: input.from,
      outcome: ignored === null ? 'accepted' : 'ignored',
      reason: ignored,
      pushes: 'pushes' in input.parsed ? input.parsed.pushes : [],
      deployments: [],
      headers: input.headers,
      body: input.body.toString('utf8'),
    };
    await this.storage.deliveries.insert(delivery, { bodyHash: null, senderDeliveryId: null });
    return delivery;
  }

  async list(
    query: { limit: number; before: string | null },
    { environments }: { environments: readonly string[] | null },
  ): Promise<{ items: unknown[]; next: string | null }> {
    const rows = await this.storage.deliveries.list({
      ...query,
      limit: query.limit + 1,
      environments,
    });
    return pageOf(rows, query.limit);
  }

  async get(id: string): Promise<Delivery> {
    return (await this.storage.deliveries.get(id)) ?? missing();
  }

  async replay(id: string): Promise<Delivery> {
    const copy = { ...(await this.get(id)), id: ulid() };
    await this.storage.deliveries.insert(copy, { bodyHash: null, senderDeliveryId: null });
    return copy;
  }
}

/** Replaces the services that make deployments; records the calls. */
export class FakeDeployments {
  readonly calls: unknown[][] = [];

  constructor(private readonly storage: Storage) {}

  async deploy(environment: string, service: string, ...rest: unknown[]): Promise<Deployment> {
    this.calls.push(['deploy', environment, service, ...rest]);
    return aDeployment(this.storage, environment, service);
  }

  async rollback(environment: string, service: string, ...rest: unknown[]): Promise<Deployment> {
    this.calls.push(['rollback', environment, service, ...rest]);
    return aDeployment(this.storage, environment, service);
  }

  plan(...rest: unknown[]): Promise<unknown> {
    this.calls.push(['plan', ...rest]);
    const version = { tag: 'latest', digest: DIGEST };
    const steps = [{ name: 'pull', description: 'pull the image' }];
    const plan = { strategy: 'recreate', strategyReason: null, from: null, to: version, steps };
    return Promise.resolve({ ...plan, differences: [], dependents: [], expectedDowntimeMs: 500 });
  }

  async get(id: string): Promise<Deployment & { steps: unknown[]; comparison: null }> {
    const found = (await this.storage.deployments.get(id)) ?? missing();
    return { ...found, comparison: null, steps: await this.storage.deployments.steps(id) };
  }

  async list(
    query: Parameters<Storage['deployments']['list']>[0],
  ): Promise<{ items: Deployment[]; next: string | null }> {
    const rows = await this.storage.deployments.list({ ...query, limit: query.limit + 1 });
    return pageOf(rows, query.limit);
  }
}

/** Replaces the status that the engines report. */
export class FakeStatus {
  engineReason: string | null = null;

  environments(names: readonly string[] | null): Promise<unknown[]> {
    const all = ['staging', 'production'].filter((name) => names?.includes(name) ?? true);
    return Promise.resolve(all.map((name) => ({ name })));
  }

  environment(name: string): Promise<unknown> {
    return name === 'staging' || name === 'production' ? Promise.resolve({ name }) : missing();
  }

  service(environment: string, name: string): Promise<unknown> {
    return name === 'web' ? Promise.resolve({ name, environment }) : missing();
  }

  engines(): Promise<Record<string, unknown>> {
    const status = this.engineReason === null ? 'up' : 'down';
    return Promise.resolve({ local: { status, reason: this.engineReason } });
  }
}

/** A stored deployment that has just been requested. */
export async function aDeployment(
  storage: Storage,
  environment = 'staging',
  service = 'web',
  by = 'ops',
): Promise<Deployment> {
  const trigger = { kind: 'api', by, delivery: null } as const;
  const wanted = { id: ulid(), environment, service, image: IMAGE, tag: 'latest', trigger };
  const deployment = newDeployment(wanted, new Date().toISOString());
  await storage.deployments.insert(deployment);
  return deployment;
}

function pageOf<T extends { id: string }>(
  rows: T[],
  limit: number,
): { items: T[]; next: string | null } {
  const items = rows.slice(0, limit);
  return { items, next: rows.length > limit ? (items.at(-1)?.id ?? null) : null };
}

function missing(): never {
  throw new DeployError('not-found', 'there is no such thing');
}
