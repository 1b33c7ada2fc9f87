import { RECORDED_ENGINE, RECORDED_REGISTRY } from './fixture.js';

/** Of operators; secrets of tests. */
export const TOKENS = {
  ops: 'ops-token-of-the-fixtures-0123456789',
  anna: 'anna-token-of-the-fixtures-012345678',
} as const;

export const RECORDED_HUB_SECRET = 'hub-secret-of-the-fixtures-0123456789';
export const PUBLIC_URL = 'https://deploy.example.com';

/** Services that have a container, with its name and their repository in the registry. */
export const SERVICES = {
  web: { environment: 'staging', container: 'fixture-web', repository: 'shop/web' },
  api: { environment: 'staging', container: 'fixture-api', repository: 'shop/api' },
  nightly: { environment: 'nightly', container: 'fixture-nightly', repository: 'shop/nightly' },
  shop: { environment: 'production', container: 'fixture-shop', repository: 'shop/shop' },
  demo: { environment: 'demo', container: 'fixture-demo', repository: 'shop/demo' },
  tables: { environment: 'backend', container: 'fixture-tables', repository: 'shop/tables' },
  worker: { environment: 'backend', container: 'fixture-worker', repository: 'shop/worker' },
} as const;

export type Service = keyof typeof SERVICES;

/** The `deploy.yaml` of a fixture: what is played, and after it keys that nothing is played of. */
export function recordedConfiguration(options: { readonly hasTokens: boolean }): string {
  return [
    'server:',
    `  publicUrl: ${PUBLIC_URL}`,
    "  trustedProxies: [10.0.0.0/8, '2001:db8::1']",
    '  throttle: { api: { limit: 0 }, webhook: { limit: 0 }, failedAuth: { limit: 10, per: 1m } }',
    'retention: 36500d',
    ...(options.hasTokens ? accessLines() : []),
    'engines:',
    `  local: { host: '${RECORDED_ENGINE}' }`,
    'webhooks:',
    `  hub: { type: docker-hub, secret: ${RECORDED_HUB_SECRET}, registry: '${RECORDED_REGISTRY}' }`,
    'environments:',
    ...environment('staging', ['web', 'api'], {
      web: '{ strategy: start-first, watch: 1s, health: { stableFor: 1s } }',
      api: '{ health: { timeout: 2m, stableFor: 1s } }',
    }),
    `      missing: { container: fixture-missing, image: '${RECORDED_REGISTRY}/shop/web', tag: other }`,
    ...environment('nightly', ['nightly'], {}, ['policy: { delay: 7d }']),
    ...environment('production', ['shop'], {}, [
      'policy: { approval: { of: [anna], expires: 7d } }',
    ]),
    ...environment('demo', ['demo']),
    ...environment('backend', ['tables', 'worker'], {}, [
      'group: { order: [tables, worker], settle: 1s, onFailure: rollback-all }',
    ]),
    ...notPlayed(),
    '',
  ].join('\n');
}

function accessLines(): string[] {
  return [
    'access:',
    '  tokens:',
    ...Object.entries(TOKENS).map(
      ([name, secret]) => `    - { name: ${name}, role: operator, secret: ${secret} }`,
    ),
  ];
}

function environment(
  name: string,
  services: readonly Service[],
  rollouts: Partial<Record<Service, string>> = {},
  settings: readonly string[] = [],
): string[] {
  return [
    `  ${name}:`,
    ...settings.map((line) => `    ${line}`),
    '    services:',
    ...services.flatMap((service) => {
      const { container, repository } = SERVICES[service];
      return [
        `      ${service}:`,
        `        container: ${container}`,
        `        image: '${RECORDED_REGISTRY}/${repository}'`,
        '        tag: latest',
        `        rollout: ${rollouts[service] ?? '{ health: { stableFor: 500ms } }'}`,
      ];
    }),
  ];
}

/** No push concerns these services: their tags are never pushed. */
function notPlayed(): string[] {
  const image = `image: '${RECORDED_REGISTRY}/shop/shop'`;
  return [
    '  elsewhere:',
    '    policy:',
    "      window: [{ days: [mon, tue], from: '22:00', to: '04:00', timezone: Europe/Berlin }]",
    '      promoteFrom: { environment: production, service: shop, after: 1h }',
    '    services:',
    '      semver:',
    '        container: fixture-semver',
    `        ${image}`,
    "        tag: { semver: '^1.2', ignore: ['*-rc*'] }",
    '        rollout:',
    '          strategy: handover',
    '          fallback: true',
    '          onFailure: leave',
    '          keepImages: 4',
    '          drain: { signal: SIGUSR1, wait: 5s }',
    '          health: { timeout: 1m, http: { port: 8080, path: /healthz } }',
    '      hooked:',
    '        container: fixture-hooked',
    `        ${image}`,
    '        tag: stable',
    '        hooks:',
    '          before: [{ run: { command: [/app/migrate] }, timeout: 5m }]',
    '          after: [{ exec: { command: [/app/warm-up] }, onError: continue }]',
    '          onFailure: [{ http: { url: https://ci.example.com/failed } }]',
    'freezes:',
    '  - { from: 2020-12-20, to: 2021-01-02, reason: holidays, timezone: Europe/Berlin }',
  ];
}
