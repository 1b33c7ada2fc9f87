import { describe, expect, it } from 'vitest';
import { faultsOf } from './configuration-folder.js';
import { ENVIRONMENT, HUB, itReports, STAGING } from './fault-cases.js';

describe('faults of engines, registries and webhooks', () => {
  const hub = (rest: string): string => `${HUB}    ${rest}\n`;
  itReports([
    [
      'tcp without tls',
      'engines:\n  e: { host: "tcp://10.0.0.5:2376" }\n',
      '2:14: engines.e.host',
      'insecure: true',
    ],
    ['ssh', 'engines:\n  e: { host: "ssh://x" }\n', '2:14: engines.e.host', 'not supported yet'],
    [
      'an invalid engine address',
      'engines:\n  e: { host: 10.0.0.5 }\n',
      '2:14: engines.e.host',
      'unix:///var/run/docker.sock',
    ],
    [
      'a password in an engine address',
      'engines:\n  e: { host: "tcp://u:p@x:1", insecure: true }\n',
      '2:14: engines.e.host',
      'remove them',
    ],
    ['an invalid name of an engine', 'engines:\n  -e: {}\n', '2:3: engines.-e', '1 to 63'],
    [
      'insecure that is not a boolean',
      'engines:\n  e: { insecure: yes }\n',
      '2:18: engines.e.insecure',
      'true or false',
    ],
    [
      'an invalid registry host',
      'registries:\n  acme: {}\n',
      '2:3: registries.acme',
      'docker.io, ghcr.io',
    ],
    [
      'plain http',
      'registries:\n  http://r.example.com: {}\n',
      '2:3: registries.http://r.example.com',
      'insecure: true',
    ],
    [
      'a registry twice',
      'registries:\n  docker.io: {}\n  index.docker.io: {}\n',
      '3:3: registries.index.docker.io',
      'twice',
    ],
    [
      'a username without a password',
      'registries:\n  ghcr.io: { username: a }\n',
      '2:3: registries.ghcr.io.password',
      'is missing',
    ],
    [
      'a password without a username',
      'registries:\n  ghcr.io: { password: a }\n',
      '2:3: registries.ghcr.io.username',
      'is missing',
    ],
    [
      'an empty password',
      'registries:\n  ghcr.io: { username: a, password: "${X:-}" }\n',
      '2:37: registries.ghcr.io.password',
      'is empty',
    ],
    [
      'a webhook without a type',
      "webhooks:\n  hub: { secret: '${A}' }\n",
      '2:3: webhooks.hub.type',
      'docker-hub',
    ],
    [
      'a webhook without a secret',
      'webhooks:\n  hub: { type: docker-hub }\n',
      '2:3: webhooks.hub.secret',
      'is missing',
    ],
    [
      'an unknown type',
      "webhooks:\n  hub: { type: dockerhub, secret: '${A}' }\n",
      '2:16: webhooks.hub.type',
      'docker-hub, distribution',
    ],
    [
      'an invalid name of a webhook',
      `webhooks:\n  a/b: { type: docker-hub, secret: '\${A}' }\n`,
      '2:3: webhooks.a/b',
      '1 to 63',
    ],
    [
      'a list of one secret',
      "webhooks:\n  hub: { type: docker-hub, secret: ['${A}'] }\n",
      '2:36: webhooks.hub.secret',
      'two secrets',
    ],
    [
      'a list of the same secret twice',
      "webhooks:\n  hub: { type: docker-hub, secret: ['${A}', '${A}'] }\n",
      '2:45: webhooks.hub.secret[1]',
      'webhooks.hub.secret[0]',
    ],
    [
      'a short second secret',
      "webhooks:\n  hub: { type: docker-hub, secret: ['${A}', x] }\n",
      '2:45: webhooks.hub.secret[1]',
      'shorter',
    ],
    [
      'an invalid address in allowFrom',
      hub('allowFrom: [x]'),
      '5:17: webhooks.hub.allowFrom[0]',
      'CIDR',
    ],
    ['an empty allowFrom', hub('allowFrom: []'), '5:16: webhooks.hub.allowFrom', 'no one'],
    [
      'an undefined environment',
      hub('environments: [x]'),
      '5:20: webhooks.hub.environments[0]',
      'no environment "x"',
    ],
    [
      'an environment twice',
      `${hub('environments: [staging, staging]')}${STAGING}`,
      '5:29: webhooks.hub.environments[1]',
      'listed twice',
    ],
    [
      'an invalid registry',
      hub('registry: https//x'),
      '5:15: webhooks.hub.registry',
      'not a registry host',
    ],
  ]);

  it.each([
    'distribution',
    'ghcr',
    'harbor',
    'quay',
    'acr',
    'ecr',
    'gar',
    'jfrog',
    'gitea',
    'nexus',
    'native',
  ])('reports that the type %s is not supported yet', (type) => {
    const faults = faultsOf(`webhooks:\n  w: { type: ${type}, secret: '\${A}' }\n`, ENVIRONMENT);
    expect(faults).toEqual([
      `2:14: webhooks.w.type: "${type}" is not supported yet; write docker-hub`,
    ]);
  });
});
