import { describe, expect, it } from 'vitest';
import { faultsOf } from './configuration-folder.js';
import { HUB, itReports, STAGING, TAG, WEB } from './fault-cases.js';

/** A list of `staging` with one action. */
const only = (list: string, action: string): string =>
  `${STAGING}    hooks: { ${list}: [{ ${action} }] }\n`;
/** Where that action is told. */
const at = (column: number, list: string, path: string): string =>
  `3:${String(column)}: environments.staging.hooks.${list}[0]${path}`;
const SECRET = 'signing-secret-0123456789';

describe('hooks', () => {
  itReports([
    [
      'a list of no known moment',
      `${STAGING}    hooks: { during: [] }\n`,
      '3:14: environments.staging.hooks.during',
      'Allowed here: before, after or onFailure',
    ],
    [
      'a single action that is no list',
      `${STAGING}    hooks: { before: { run: {} } }\n`,
      '3:22: environments.staging.hooks.before',
      'a list',
    ],
    [
      'an action that says not what to do',
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
      'a misspelt action, which is one fault',
      only('before', 'rum: {}'),
      at(25, 'before', '.rum'),
      'did you mean run?',
    ],
    [
      'a timeout of nothing',
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
      'more actions than are run',
      `${STAGING}    hooks: { before: [${Array<string>(21).fill('{ run: {} }').join(', ')}] }\n`,
      '3:22: environments.staging.hooks.before',
      'has 21 actions; at most 20',
    ],
    [
      'a command as one text, which is shown as a list',
      only('before', 'exec: { command: bin/rails  db:migrate }'),
      at(42, 'before', '.exec.command'),
      'command: ["bin/rails", "db:migrate"], or with a shell: command: [sh, -c, "bin/rails  db:migrate"]',
    ],
    [
      'a command of a shell as one text',
      only('after', 'run: { command: "migrate && seed" }'),
      at(40, 'after', '.run.command'),
      'write a list: command: [sh, -c, "migrate && seed"]',
    ],
    [
      'a command of no word',
      only('before', 'run: { command: [] }'),
      at(41, 'before', '.run.command'),
      'names no program',
    ],
    [
      'a command in a container without the command',
      only('before', 'exec: {}'),
      at(25, 'before', '.exec.command'),
      'is missing',
    ],
    [
      'before, a command in the new container',
      only('before', 'exec: { in: new, command: [a] }'),
      at(37, 'before', '.exec.in'),
      'write in: old',
    ],
    [
      'after, a command in the old container',
      only('after', 'exec: { in: old, command: [a] }'),
      at(36, 'after', '.exec.in'),
      'write in: new',
    ],
    [
      'after a failure, a command in the new container',
      only('onFailure', 'exec: { in: new, command: [a] }'),
      at(40, 'onFailure', '.exec.in'),
      'the one that serves then',
    ],
    [
      'a command in a container of another name',
      only('before', 'exec: { in: db, command: [a] }'),
      at(37, 'before', '.exec.in'),
      'old or new',
    ],
    [
      'a variable of no possible name',
      only('before', "run: { env: { 'A=B': c } }"),
      at(39, 'before', '.run.env.A=B'),
      'no name of an environment variable',
    ],
    [
      'a variable that is taken from where nothing is',
      only('before', "run: { env: { A: '${NOWHERE}' } }"),
      at(42, 'before', '.run.env.A'),
      'NOWHERE is not set',
    ],
    ['a request to nowhere', only('after', 'http: {}'), at(24, 'after', '.http.url'), 'is missing'],
    [
      'a request to what is no address',
      only('after', 'http: { url: ci.example.com }'),
      at(37, 'after', '.http.url'),
      'http or https',
    ],
    [
      'a request to an address with a fragment',
      only('after', "http: { url: 'https://ci.example.com/#a' }"),
      at(37, 'after', '.http.url'),
      'holds a #',
    ],
    [
      'a request by another method',
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
      'a header of no possible name',
      only('after', 'http: { url: "https://ci.example.com", headers: { "a b": c } }'),
      at(74, 'after', '.http.headers."a b"'),
      'no name of a header',
    ],
    [
      'a header with a line break',
      only('after', 'http: { url: "https://ci.example.com", headers: { A: "b\\nc" } }'),
      at(77, 'after', '.http.headers.A'),
      'line break',
    ],
    [
      'a secret that is soon guessed',
      only('after', 'http: { url: "https://ci.example.com", secret: short }'),
      at(71, 'after', '.http.secret'),
      'shorter than 20 characters',
    ],
    [
      'a secret that lets somebody in here',
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

  it('may sign several requests with one secret', () => {
    const action = `{ http: { url: "https://ci.example.com", secret: ${SECRET} } }`;
    const text = `${STAGING}    hooks: { before: [${action}], after: [${action}] }\n`;
    expect(faultsOf(text)).toEqual([]);
  });

  it('shows nothing of an address that holds a password', () => {
    const [fault = ''] = faultsOf(
      only('after', 'http: { url: "https://anna:open-sesame@ci.example.com/token-1" }'),
    );
    expect(fault).toContain('send them as a header');
    expect(fault).not.toMatch(/anna|open-sesame|token-1/);
  });
});
