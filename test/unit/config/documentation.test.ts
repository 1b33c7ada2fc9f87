import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { AccessSection, TokenSection } from '../../../src/config/sections/access.section.js';
import { ConfigurationSection } from '../../../src/config/sections/configuration.section.js';
import { HandlersSection } from '../../../src/config/sections/handler.section.js';
import { EngineSection, TlsSection } from '../../../src/config/sections/engine.section.js';
import { EnvironmentSection } from '../../../src/config/sections/environment.section.js';
import {
  ExecProbeSection,
  HealthSection,
  HttpProbeSection,
  TcpProbeSection,
} from '../../../src/config/sections/health.section.js';
import { FreezeSection } from '../../../src/config/sections/freeze.section.js';
import {
  ApprovalSection,
  PolicySection,
  PromotionSection,
} from '../../../src/config/sections/policy.section.js';
import {
  ExecHookSection,
  HttpHookSection,
  RunHookSection,
} from '../../../src/config/sections/hook-kinds.section.js';
import { HookActionSection, HooksSection } from '../../../src/config/sections/hooks.section.js';
import { GroupSection } from '../../../src/config/sections/group.section.js';
import { RegistrySection } from '../../../src/config/sections/registry.section.js';
import {
  DrainHttpSection,
  DrainSection,
  RolloutSection,
} from '../../../src/config/sections/rollout.section.js';
import {
  LimitSection,
  ServerSection,
  ThrottleSection,
} from '../../../src/config/sections/server.section.js';
import { ServiceSection } from '../../../src/config/sections/service.section.js';
import { TagSection } from '../../../src/config/sections/tag.section.js';
import { WebhookSection } from '../../../src/config/sections/webhook.section.js';
import { WindowSection } from '../../../src/config/sections/window.section.js';
import { keysOf } from '../../../src/config/section.js';
import { ConfigurationFolder, faultsOf } from './configuration-folder.js';

const read = (path: string): string =>
  readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8');
const PAGE = read('docs/configuration.md');
const EXAMPLE = read('deploy.example.yaml');

const ENVIRONMENT = Object.fromEntries(
  ['DEPLOY_CI_TOKEN', 'HUB_SECRET', 'HUB_SECRET_NEW', 'DOCKER_HUB_TOKEN', 'CI_HOOK_SECRET'].map(
    (name) => [name, `${name} of at least twenty characters`],
  ),
);

const SERVICE = 'environments.<environment>.services.<service>';

/** The section class of each part of the file. */
const SECTIONS: Readonly<Record<string, new () => object>> = {
  '': ConfigurationSection,
  server: ServerSection,
  'server.throttle': ThrottleSection,
  'server.throttle.webhook': LimitSection,
  'server.throttle.api': LimitSection,
  'server.throttle.failedAuth': LimitSection,
  access: AccessSection,
  'access.tokens[]': TokenSection,
  'engines.<engine>': EngineSection,
  'engines.<engine>.tls': TlsSection,
  handlers: HandlersSection,
  'registries.<host>': RegistrySection,
  'webhooks.<webhook>': WebhookSection,
  'environments.<environment>': EnvironmentSection,
  'environments.<environment>.group': GroupSection,
  [SERVICE]: ServiceSection,
  [`${SERVICE}.tag`]: TagSection,
  policy: PolicySection,
  'policy.window[]': WindowSection,
  'policy.approval': ApprovalSection,
  'policy.promoteFrom': PromotionSection,
  'freezes[]': FreezeSection,
  rollout: RolloutSection,
  'rollout.drain': DrainSection,
  'rollout.drain.http': DrainHttpSection,
  'rollout.health': HealthSection,
  'rollout.health.http': HttpProbeSection,
  'rollout.health.tcp': TcpProbeSection,
  'rollout.health.exec': ExecProbeSection,
  hooks: HooksSection,
  'hooks.<list>[]': HookActionSection,
  'hooks.<list>[].exec': ExecHookSection,
  'hooks.<list>[].run': RunHookSection,
  'hooks.<list>[].http': HttpHookSection,
};

/** Entries of maps by name have rows too. */
const ENTRIES = [
  'engines.<engine>',
  'registries.<host>',
  'webhooks.<webhook>',
  'environments.<environment>',
  SERVICE,
];

/** Nested keys without a section class of their own: lists of strings, secrets, and unions of them. */
const LEAVES = [
  'storage',
  'server.trustedProxies',
  'handlers.hosts',
  'access.tokens[].secret',
  'access.tokens[].environments',
  'registries.<host>.password',
  'webhooks.<webhook>.secret',
  'webhooks.<webhook>.allowFrom',
  'webhooks.<webhook>.environments',
  `${SERVICE}.tag.semver`,
  `${SERVICE}.tag.glob`,
  `${SERVICE}.tag.regex`,
  `${SERVICE}.tag.ignore`,
  'environments.<environment>.group.order',
  'rollout.health.exec.command',
  'policy.window[].days',
  'policy.approval.of',
  'freezes[].environments',
  'hooks.before',
  'hooks.after',
  'hooks.onFailure',
  'hooks.<list>[].exec.command',
  'hooks.<list>[].run.command',
  'hooks.<list>[].run.env',
  'hooks.<list>[].http.url',
  'hooks.<list>[].http.headers',
  'hooks.<list>[].http.secret',
];

/** Keys documented once, in their own sections. */
const SHARED = /^environments\..*\.(policy|rollout|hooks)$/;

const pathOf = (prefix: string, key: string): string => (prefix === '' ? key : `${prefix}.${key}`);

function documentedPaths(): string[] {
  const rows = [...PAGE.matchAll(/^\| `([^`]+)`/gm)].map((row) => row[1] ?? '');
  return rows.filter((path) => !/^[A-Z_]+$|^\$/.test(path));
}

describe('docs/configuration.md', () => {
  it('has a row for every key of the section classes, and for no other', () => {
    const keys = Object.entries(SECTIONS).flatMap(([prefix, section]) =>
      [...keysOf(section).keys()].map((key) => pathOf(prefix, key)),
    );
    expect(documentedPaths().toSorted()).toEqual([...keys, ...ENTRIES].toSorted());
  });

  it('is compared with every section class: each nested key has one or is a known leaf', () => {
    const prefixes = Object.keys(SECTIONS);
    for (const [prefix, section] of Object.entries(SECTIONS)) {
      for (const [key, kind] of keysOf(section)) {
        const path = pathOf(prefix, key);
        if (kind !== 'nested' || LEAVES.includes(path) || SHARED.test(path)) continue;
        const leadsOn = prefixes.some(
          (other) => other === path || other.startsWith(`${path}.<`) || other === `${path}[]`,
        );
        expect(leadsOn, path).toBe(true);
      }
    }
  });

  it('says "not supported yet" for exactly the keys that are refused as such', () => {
    for (const [prefix, section] of Object.entries(SECTIONS)) {
      for (const [key, kind] of keysOf(section)) {
        const row = PAGE.split('\n').find((line) =>
          line.startsWith(`| \`${pathOf(prefix, key)}\``),
        );
        expect(row?.includes('_not supported yet_'), pathOf(prefix, key)).toBe(kind === 'later');
      }
    }
  });

  it('names every variable that is read', () => {
    const sources = [
      'environment-settings.ts',
      'sections/engine.section.ts',
      'sections/configuration.section.ts',
    ];
    const variables = sources.flatMap((source) => [
      ...new Set(read(`src/config/${source}`).match(/\b(DEPLOY|DOCKER)_[A-Z_]+[A-Z]\b/g)),
    ]);
    expect(variables.length).toBeGreaterThan(8);
    for (const variable of variables) expect(PAGE).toContain(`| \`${variable}\``);
  });

  it('has only valid examples', () => {
    const examples = [...PAGE.matchAll(/^```yaml\n([\s\S]*?)^```$/gm)].map(
      (match) => match[1] ?? '',
    );
    expect(examples.length).toBeGreaterThan(6);
    for (const example of examples) {
      const folder = new ConfigurationFolder().write(example);
      for (const [, handler = ''] of example.matchAll(/handler: (\S+\.mjs)/g)) {
        folder.write('', handler);
      }
      const faults = folder.faults(ENVIRONMENT);
      // An example may refer to what another one defines.
      expect(faults.filter((fault) => !fault.includes('is defined in this file'))).toEqual([]);
    }
  });
});

describe('deploy.example.yaml', () => {
  it('is valid, and deploys one service', () => {
    const configuration = new ConfigurationFolder().write(EXAMPLE).sound(ENVIRONMENT);
    expect(configuration.environments.flatMap(({ services }) => services)).toMatchObject([
      { environment: 'staging', name: 'web', repository: 'docker.io/acme/web' },
    ]);
    expect(configuration.webhooks).toMatchObject([{ name: 'hub', type: 'docker-hub' }]);
  });

  it('is also valid with the commented parts', () => {
    const text = EXAMPLE.replace(/^( *)# (registries:| {2}docker\.io:|http:)/gm, '$1$2');
    expect(text).not.toBe(EXAMPLE);
    const { registries, environments } = new ConfigurationFolder().write(text).sound(ENVIRONMENT);
    expect(registries).toHaveLength(1);
    expect(environments[0]?.services[0]?.rollout.health.probe?.kind).toBe('http');
  });

  it('names the variables that it needs', () => {
    const faults = faultsOf(EXAMPLE);
    expect(faults).toHaveLength(2);
    for (const fault of faults) {
      const variable = /variable (\w+) is not set/.exec(fault)?.[1] ?? 'none';
      expect(EXAMPLE).toMatch(new RegExp(`^#   ${variable} `, 'm'));
    }
  });
});
