import { expect, it } from 'vitest';
import { newest, playEnvironments } from './support/environments.js';
import { ALL_TRIALS } from './support/trials.js';

const ANNA = 'anna-token-of-the-pair-tests-01234';
const ACCESS = ['access:', `  tokens: [{ name: anna, role: operator, secret: ${ANNA} }]`];
/** A time of day from now on, in whole hours. */
const hour = (offset: number): string =>
  new Date(Date.now() + offset * 3_600_000).toISOString().slice(11, 16);

/** Rules that hold back, in the order in which they are asked; what a policy says of each, and what it says then. */
const RULES = {
  freeze: { held: '', free: '' },
  promotion: {
    held: 'promoteFrom: { environment: staging, after: 1h }',
    free: 'promoteFrom: { environment: staging, after: 0s }',
  },
  approval: { held: 'approval: { of: [anna] }', free: '' },
  window: { held: `window: [{ from: "${hour(2)}", to: "${hour(3)}" }]`, free: 'window: []' },
  delay: { held: 'delay: 1h', free: 'delay: 0s' },
} as const;
type Rule = keyof typeof RULES;
const NAMES = Object.keys(RULES) as Rule[];
/** By default those of neighbours and of the first with the last, so that each rule occurs in two of them. */
const PAIRS = NAMES.flatMap((first, index) =>
  NAMES.slice(index + 1)
    .filter((second) => ALL_TRIALS || [1, NAMES.length - 1].includes(NAMES.indexOf(second) - index))
    .map((second) => ({ first, second, name: `${first}-${second}` })),
);

it('any two rules hold a deployment back one after the other, and then it goes', async () => {
  const policies = PAIRS.map(({ first, second, name }) => {
    const said = [RULES[first].held, RULES[second].held].filter((text) => text !== '');
    return [name, `{ ${said.join(', ')} }`] as const;
  });
  const scenario = await playEnvironments(Object.fromEntries(policies), ACCESS);
  const ask = async (method: string, path: string, body?: object): Promise<void> => {
    const headers = { authorization: `Bearer ${ANNA}` };
    const init = { method, headers, ...(body && { body: JSON.stringify(body) }) };
    expect((await scenario.deploy.api(path, init)).ok, path).toBe(true);
  };
  const frozen = PAIRS.filter(({ first }) => first === 'freeze');
  for (const { name } of frozen) {
    await ask('PUT', `/environments/${name}/freeze`, { reason: 'pairs' });
  }
  const shipped = await scenario.ship({ version: 'v2', check: 'healthy', checkEvery: 1_000 });
  expect(shipped.phase).toBe('succeeded');

  const release: Readonly<Record<Rule, () => Promise<unknown>>> = {
    freeze: () =>
      Promise.all(frozen.map(({ name }) => ask('DELETE', `/environments/${name}/freeze`))),
    promotion: () => reword('promotion'),
    approval: async () => {
      for (const { name } of PAIRS.filter((pair) => involves(pair, 'approval'))) {
        const { id } = await held(name, 'approval');
        await ask('POST', `/deployments/${id}/approve`, {});
      }
    },
    window: () => reword('window'),
    delay: () => reword('delay'),
  };
  const reword = (rule: Rule): Promise<void> =>
    scenario.deploy.restart((text) => text.replaceAll(RULES[rule].held, RULES[rule].free));
  const held = (name: string, rule: Rule) =>
    newest(scenario, name, ({ waitingFor }) => waitingFor === rule);

  for (const rule of NAMES) {
    for (const { name } of PAIRS.filter(({ first }) => first === rule)) await held(name, rule);
    await release[rule]();
    for (const { name, second } of PAIRS.filter(({ first }) => first === rule)) {
      await held(name, second);
    }
  }
  for (const { name } of PAIRS) {
    const done = await newest(scenario, name, ({ phase }) => phase === 'succeeded');
    expect(done).toMatchObject({ digest: shipped.digest, waitingFor: null, notBefore: null });
  }
});

function involves(
  { first, second }: { readonly first: Rule; readonly second: Rule },
  rule: Rule,
): boolean {
  return first === rule || second === rule;
}
