import { describe, expect, it } from 'vitest';
import { Secret } from '../../../src/domain/secrets/secret.js';
import { configurationOf } from './configuration-folder.js';

const A = 'a'.repeat(24);
const B = 'b'.repeat(24);

describe('valid hooks', () => {
  it('are read, and each list of a service replaces the environment’s', () => {
    const text = `
environments:
  staging:
    hooks:
      before: [{ run: { command: [bin/migrate, 2], env: { MODE: all, TOKEN: '\${A}' } }, timeout: 10m }]
      after: [{ exec: { command: [warm-up] }, onError: continue }]
      onFailure: [{ exec: { command: [open] } }]
    services:
      a: { container: web-a, image: acme/a, tag: x }
      b:
        container: web-b
        image: acme/b
        tag: x
        hooks:
          before: []
          onFailure:
            - exec: { in: old, command: [open] }
            - http: { url: 'https://ci.example.com/\${A}', method: PUT, headers: { Authorization: Bearer 1 }, secret: '\${B}' }
`;
    const [environment] = configurationOf(text, { A, B }).environments;
    const [a, b] = environment?.services ?? [];
    const after = [
      { kind: 'exec', in: 'new', command: ['warm-up'], timeoutMs: 60_000, onError: 'continue' },
    ];
    const common = { timeoutMs: 60_000, onError: 'abort' };
    expect(a?.hooks).toEqual({
      before: [
        {
          kind: 'run',
          command: ['bin/migrate', '2'],
          env: { MODE: 'all', TOKEN: new Secret(A) },
          timeoutMs: 600_000,
          onError: 'abort',
        },
      ],
      after,
      onFailure: [{ kind: 'exec', in: 'serving', command: ['open'], ...common }],
    });
    expect(b?.hooks).toMatchObject({
      before: [],
      after,
      onFailure: [
        { kind: 'exec', in: 'old', command: ['open'], ...common },
        { kind: 'http', method: 'PUT', origin: 'https://ci.example.com', ...common },
      ],
    });
    const [, http] = b?.hooks.onFailure ?? [];
    if (http?.kind !== 'http') throw new Error('there is no http action');
    const { url, headers, secret } = http;
    expect([url, headers['Authorization'], secret].map((each) => each?.reveal())).toEqual([
      `https://ci.example.com/${A}`,
      'Bearer 1',
      B,
    ]);
  });
});
