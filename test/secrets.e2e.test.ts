import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { aDockerHubPush } from './support/docker-hub.js';
import { ownRegistry } from './support/own-registry.js';
import { REGISTRY_USER } from './support/registry-rig.js';
import { Scenario, type ShownDeployment } from './support/scenario.js';

/** One of each kind. The registry's is that of the rig, and comes from a variable as the others do. */
const CANARIES = {
  webhook: 'canary-webhook-0123456789abcdef',
  olderWebhook: 'canary-older-webhook-0123456789',
  admin: 'canary-admin-token-0123456789abc',
  operator: 'canary-operator-token-0123456789',
  registry: REGISTRY_USER.password,
} as const;

describe('secrets', () => {
  it('are nowhere to be found: output, answers, errors, storage and containers', async () => {
    const { rig, stage } = await ownRegistry({ auth: true });
    const scenario = await Scenario.start({
      app: { version: 'v1', check: 'healthy' },
      stage,
      webhookSecret: '["${HUB_SECRET}", "${HUB_SECRET_OLD}"]',
      configuration: [
        'registries:',
        `  "${rig.host}": { username: ${REGISTRY_USER.username}, password: "\${REGISTRY_PASSWORD}" }`,
        'access:',
        '  tokens: [{ name: ci, role: operator, secret: "${CI_TOKEN}" }]',
      ],
      deploy: {
        adminToken: CANARIES.admin,
        environment: {
          HUB_SECRET: CANARIES.webhook,
          HUB_SECRET_OLD: CANARIES.olderWebhook,
          CI_TOKEN: CANARIES.operator,
          REGISTRY_PASSWORD: CANARIES.registry,
        },
      },
    });
    const answers: string[] = [];
    const ask = async (path: string, init: RequestInit = {}): Promise<string> => {
      const answer = await fetch(`${scenario.deploy.baseUrl}${path}`, init);
      const told = JSON.stringify([...answer.headers]) + (await answer.text());
      answers.push(told);
      return told;
    };
    const asOperator = { headers: { authorization: `Bearer ${CANARIES.operator}` } };
    const push = (secret: string, tag: string, query = ''): Promise<string> =>
      ask(`/webhooks/hub/${secret}${query}`, {
        method: 'POST',
        body: JSON.stringify(aDockerHubPush({ repository: scenario.repository, tag })),
        headers: {
          authorization: `Bearer ${CANARIES.operator}`,
          cookie: `session=${CANARIES.admin}`,
          referer: `http://hub.example/${secret}`,
          'x-original-url': `/webhooks/hub/${secret}`,
        },
      });

    // A good one, a bad one and one that cannot be pulled, so that every kind of words is written.
    await scenario.push({ version: 'v2', check: 'healthy' });
    await push(CANARIES.webhook, 'latest');
    const list = await allEnded(scenario, 1);
    await scenario.push({ version: 'bad', check: 'unhealthy' });
    await push(CANARIES.olderWebhook, 'latest', `?token=${CANARIES.admin}`);
    const more = await allEnded(scenario, 2);
    expect([...list, ...more].map((each) => each.phase)).toContain('succeeded');
    expect(more.map((each) => each.phase)).toContain('rolled-back');
    const digest = `sha256:${'0'.repeat(64)}`;
    const { id } = await scenario.deployByHand({ digest });
    expect(await scenario.ended(id)).toMatchObject({ phase: 'failed' });

    // Errors, and everything that can be read.
    await push('wrong-secret-of-somebody-0123456', 'latest');
    await ask(`/webhooks/hub/${CANARIES.webhook}/and/more`, { method: 'POST' });
    await ask(`/webhooks/${CANARIES.webhook}`, { method: 'POST' });
    await ask(`/api/v1/deployments?cursor=${CANARIES.operator}`, asOperator);
    await ask('/api/v1/environments', { headers: { authorization: `Bearer ${CANARIES.admin}x` } });
    const ids = [...more.map((each) => each.id), id];
    const pages = ['environments', 'environments/staging/services/web', 'deployments', 'deliveries']
      .concat(ids.flatMap((each) => [`deployments/${each}`, `deployments/${each}/log`]))
      .map((page) => `/api/v1/${page}`);
    for (const page of [...pages, '/health/ready', '/metrics', '/api/openapi.json']) {
      expect(await ask(page, asOperator)).not.toBe('');
    }
    const deliveries = (await (await scenario.deploy.api('/deliveries')).json()) as {
      items: { id: string }[];
    };
    expect(deliveries.items.length).toBeGreaterThanOrEqual(2);
    for (const each of deliveries.items) await ask(`/api/v1/deliveries/${each.id}`, asOperator);
    const inspections = await Promise.all(
      (await scenario.names()).map((name) => stage.docker.getContainer(name).inspect()),
    );
    await scenario.deploy.stop();

    const places = {
      stdout: scenario.deploy.stdout,
      stderr: scenario.deploy.stderr,
      answers: answers.join('\n'),
      storage: await everyFile(join(scenario.deploy.folder, 'data')),
      containers: JSON.stringify(inspections),
    };
    expect(places.storage).toContain(scenario.repository);
    expect(places.stdout + places.stderr).toContain('staging');
    for (const [place, text] of Object.entries(places)) {
      for (const [kind, secret] of Object.entries(CANARIES)) {
        for (const form of formsOf(secret)) {
          const at = text.indexOf(form);
          const around = at < 0 ? '' : text.slice(Math.max(0, at - 200), at + 60);
          expect(around, `the ${kind} secret in ${place}`).toBe('');
        }
      }
    }
  });
});

/** All deployments once there are so many and each has ended. */
async function allEnded(scenario: Scenario, count: number): Promise<ShownDeployment[]> {
  const answer = await scenario.deploy.api('/deployments');
  const { items } = (await answer.json()) as { items: { id: string }[] };
  expect(items).toHaveLength(count);
  return Promise.all(items.map(({ id }) => scenario.ended(id)));
}

/** As it is, in base64 (where its bytes begin a group), and as a login. */
function formsOf(secret: string): readonly string[] {
  const encoded = (text: string): string => Buffer.from(text).toString('base64').replace(/=+$/, '');
  return [
    secret,
    encoded(secret).slice(0, -1),
    encoded(`${REGISTRY_USER.username}:${secret}`).slice(0, -1),
  ];
}

async function everyFile(folder: string): Promise<string> {
  const names = await readdir(folder);
  const files = await Promise.all(names.map((name) => readFile(join(folder, name), 'latin1')));
  return files.join('\n');
}
