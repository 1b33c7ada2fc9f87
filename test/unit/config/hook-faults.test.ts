import { describe, expect, it } from 'vitest';
import { faultsOf } from './configuration-folder.js';
import { HUB, itReports, STAGING, TAG, WEB } from './fault-cases.js';

/** A file in which one list of `staging` has one action. */
const only = (list: string, action: string): string =>
  `${STAGING}    hooks: { ${list}: [{ ${action} }] }\n`;
/** The position and path in that action. */
const at = (column: number, list: string, path: string): string =>
  `3:${String(column)}: environments.staging.hooks.${list}[0]${path}`;
const SECRET = 'signing-secret-0123456789';

describe('faults of hooks', () => {
  itReports([
    [
      'an unknown list',
      `${STAGING}    hooks: { during: [] }\n`,
      '3:14: environments.staging.hooks.during',
      'Allowed here: before, after or onFailure',
    ],
    [
      'a single action instead of a list',
      `${STAGING}    hooks: { before: { run: {} } }\n`,
      '3:22: environments.staging.hooks.before',
      'a list',
    ],
    [
      'an action that does not say what to do',
      only('before', 'timeout: 5s'),
      at(23, 'before', ''),
      'write exec, run or http',
    ],
    [
      'an action that does two things',
      only('before', 'run: {}, exec: { command: [a] }'),
      at(34, 'before', '.exec'),
      'only one of exec, run and http',
    ],
    [
      'a misspelt action, as one fault',
      only('before', 'rum: {}'),
      at(25, 'before', '.rum'),
      'did you mean run?',
    ],
    [
      'a timeout of 0',
      only('before', 'run: {}, timeout: 0s'),
      at(43, 'before', '.timeout'),
      'from 1s to 24h',
    ],
    [
      'an unknown onError',
      only('before', 'run: {}, onError: retry'),
      at(43, 'before', '.onError'),
      'abort or continue',
    ],
    [
      'too many actions',
      `${STAGING}    hooks: { before: [${Array<string>(21).fill('{ run: {} }').join(', ')}] }\n`,
      '3:22: environments.staging.hooks.before',
      'has 21 actions; at most 20',
    ],
    [
      'a command as a string, shown as a list',
      only('before', 'exec: { command: bin/rails  db:migrate }'),
      at(42, 'before', '.exec.command'),
      'command: ["bin/rails", "db:migrate"], or with a shell: command: [sh, -c, "bin/rails  db:migrate"]',
    ],
    [
      'a shell command as a string',
      only('after', 'run: { command: "migrate && seed" }'),
      at(40, 'after', '.run.command'),
      'write a list: command: [sh, -c, "migrate && seed"]',
    ],
    [
      'an empty command',
      only('before', 'run: { command: [] }'),
      at(41, 'before', '.run.command'),
      'names no program',
    ],
    [
      'exec without a command',
      only('before', 'exec: {}'),
      at(25, 'before', '.exec.command'),
      'is missing',
    ],
    [
      'a command in the new container before the rollout',
      only('before', 'exec: { in: new, command: [a] }'),
      at(37, 'before', '.exec.in'),
      'write in: old',
    ],
    [
      'a command in the old container after the rollout',
      only('after', 'exec: { in: old, command: [a] }'),
      at(36, 'after', '.exec.in'),
      'write in: new',
    ],
    [
      'a command in the new container after a failure',
      only('onFailure', 'exec: { in: new, command: [a] }'),
      at(40, 'onFailure', '.exec.in'),
      'the container that serves then',
    ],
    [
      'a command in an unknown container',
      only('before', 'exec: { in: db, command: [a] }'),
      at(37, 'before', '.exec.in'),
      'old or new',
    ],
    [
      'an invalid name of a variable',
      only('before', "run: { env: { 'A=B': c } }"),
      at(39, 'before', '.run.env.A=B'),
      'not a valid name of an environment variable',
    ],
    [
      'a variable with an unset reference',
      only('before', "run: { env: { A: '${NOWHERE}' } }"),
      at(42, 'before', '.run.env.A'),
      'NOWHERE is not set',
    ],
    [
      'a request without a URL',
      only('after', 'http: {}'),
      at(24, 'after', '.http.url'),
      'is missing',
    ],
    [
      'a request to an invalid URL',
      only('after', 'http: { url: ci.example.com }'),
      at(37, 'after', '.http.url'),
      'http or https',
    ],
    [
      'a request to a URL with a fragment',
      only('after', "http: { url: 'https://ci.example.com/#a' }"),
      at(37, 'after', '.http.url'),
      'contains a #',
    ],
    [
      'a request with another method',
      only('after', 'http: { url: "https://ci.example.com", method: DELETE }'),
      at(71, 'after', '.http.method'),
      'POST, PUT, PATCH or GET',
    ],
    [
      'a header that Deploy sets',
      only('after', 'http: { url: "https://ci.example.com", headers: { X-Deploy-Signature: a } }'),
      at(74, 'after', '.http.headers.X-Deploy-Signature'),
      'is set by Deploy',
    ],
    [
      'an invalid name of a header',
      only('after', 'http: { url: "https://ci.example.com", headers: { "a b": c } }'),
      at(74, 'after', '.http.headers."a b"'),
      'not a valid header name',
    ],
    [
      'a header with a line break',
      only('after', 'http: { url: "https://ci.example.com", headers: { A: "b\\nc" } }'),
      at(77, 'after', '.http.headers.A'),
      'line break',
    ],
    [
      'a short secret',
      only('after', 'http: { url: "https://ci.example.com", secret: short }'),
      at(71, 'after', '.http.secret'),
      'shorter than 20 characters',
    ],
    [
      'a secret that grants access to Deploy',
      `${HUB}environments:\n  staging:\n    hooks: { after: [{ http: { url: "https://ci.example.com", secret: '\${A}' } }] }\n`,
      '7:71: environments.staging.hooks.after[0].http.secret',
      'is the same as webhooks.hub.secret',
    ],
    [
      'a fault in a service’s own hooks',
      `${WEB}${TAG}        hooks: { after: [{ run: { nix: 1 } }] }\n`,
      '8:35: environments.staging.services.web.hooks.after[0].run.nix',
      'unknown key',
    ],
  ]);

  it('can sign several requests with one secret', () => {
    const action = `{ http: { url: "https://ci.example.com", secret: ${SECRET} } }`;
    const text = `${STAGING}    hooks: { before: [${action}], after: [${action}] }\n`;
    expect(faultsOf(text)).toEqual([]);
  });

  it('shows nothing of a URL that contains a password', () => {
    const [fault = ''] = faultsOf(
      only('after', 'http: { url: "https://anna:open-sesame@ci.example.com/token-1" }'),
    );
    expect(fault).toContain('send them as a header');
    expect(fault).not.toMatch(/anna|open-sesame|token-1/);
  });
});
