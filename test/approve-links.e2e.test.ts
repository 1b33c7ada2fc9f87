import { expect, it } from 'vitest';
import { newest, playEnvironments } from './support/environments.js';

const BASE = 'https://deploy.example.com';

it('a link approves a deployment once, and only when it is told to', async () => {
  const scenario = await playEnvironments({ production: '{ approval: { of: [anna] } }' }, [
    `server: { publicUrl: "${BASE}", throttle: { api: { limit: 0 } } }`,
  ]);
  await scenario.push({ version: 'v2', check: 'healthy' });
  await scenario.hook();
  const { id } = await newest(scenario, 'production', (each) => each.waitingFor === 'approval');

  const made = await scenario.deploy.api(`/deployments/${id}/approve-link`, {
    method: 'POST',
    body: JSON.stringify({ for: 'anna' }),
  });
  expect(made.status).toBe(200);
  const { url } = (await made.json()) as { url: string };
  expect(url.startsWith(`${BASE}/approve/`)).toBe(true);
  // A restart changes the port.
  const address = () => `${scenario.deploy.baseUrl}${url.slice(BASE.length)}`;

  for (let time = 0; time < 2; time += 1) {
    const page = await fetch(address());
    expect([page.status, await page.text()]).toEqual([200, expect.stringContaining('Approve')]);
    expect(await scenario.deployment(id)).toMatchObject({ phase: 'waiting', approvals: [] });
  }

  const say = () =>
    fetch(address(), {
      method: 'POST',
      body: new URLSearchParams({ verdict: 'approve', comment: 'fine' }),
    });
  expect((await say()).status).toBe(200);
  expect(await scenario.ended(id)).toMatchObject({
    phase: 'succeeded',
    approvals: [{ by: 'anna' }],
  });
  await scenario.deploy.restart();
  expect((await say()).status).toBe(410);
  expect(scenario.deploy.log).not.toContain(url.slice(`${BASE}/approve/`.length));
});
