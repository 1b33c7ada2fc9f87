/**
 * Loaded into Deploy with `node --import`: ends its own process with SIGKILL at a planned instant.
 *
 * It does nothing until a webhook arrives. Then it reads `plan.json` in the folder KILL_SWITCH_FOLDER, and
 * from there on numbers everything that the process asks of the engine and every commit of its storage:
 *
 * - `{"record": true}`: each of them is appended to `record.jsonl`;
 * - `{"position": "after POST /containers/:id/stop #1"}`: the process ends there, after it has written the
 *   position to the file `hit`.
 *
 * A position is a side, a label and how many times the label came before. Sides: `before` (nothing was sent,
 * nothing is committed), `during` (the last byte of a request was sent, no answer read) and `after` (the
 * answer came or the commit returned, and nobody has seen it). How often Deploy looks at the engine while it
 * waits for health differs from run to run, so reads are counted anew after each thing that changes
 * something: `GET /containers/:id/json @ commit deployments #2`.
 */
import Modem from 'docker-modem';
import diagnostics from 'node:diagnostics_channel';
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { Server } from 'node:http';
import { join } from 'node:path';
import process from 'node:process';
import { SqliteDriver } from '../../dist/storage/sqlite-driver.js';

const folder = process.env['KILL_SWITCH_FOLDER'];
let plan = null;
let lastChange = 'the webhook';
let counts = new Map();
/** Position at which the next HTTP request that is completely sent ends the process. */
let killWhenSent = null;

const emit = Server.prototype.emit;
Server.prototype.emit = function (event, ...rest) {
  const [request] = rest;
  if (event === 'request' && request.method === 'POST' && request.url.startsWith('/webhooks/')) {
    plan = JSON.parse(readFileSync(join(folder, 'plan.json'), 'utf8'));
    lastChange = 'the webhook';
    counts = new Map();
  }
  return emit.call(this, event, ...rest);
};

function numbered(kind, name) {
  const label = kind === 'read' ? `${name} @ ${lastChange}` : name;
  const count = (counts.get(label) ?? 0) + 1;
  counts.set(label, count);
  const event = `${label} #${count}`;
  if (kind !== 'read') lastChange = event;
  if (plan?.record === true) {
    appendFileSync(join(folder, 'record.jsonl'), JSON.stringify({ kind, event }) + '\n');
  }
  return event;
}

function endIfAt(position) {
  if (plan?.position !== position) return;
  writeFileSync(join(folder, 'hit'), position);
  process.kill(process.pid, 'SIGKILL');
}

const dial = Modem.prototype.dial;
Modem.prototype.dial = function (options, callback) {
  if (plan === null) return dial.call(this, options, callback);
  const path = options.path
    .replace(/\?.*$/, '')
    .replace(/[0-9a-f]{64}/g, ':id')
    .replace(/^\/images\/.+\/(json|tag)$/, '/images/:name/$1')
    .replace(/^\/containers\/kill-[^/]+\//, '/containers/:name/');
  const event = numbered(options.method === 'GET' ? 'read' : 'call', `${options.method} ${path}`);
  endIfAt(`before ${event}`);
  if (plan.position === `during ${event}`) killWhenSent = plan.position;
  return dial.call(this, options, (error, answer) => {
    endIfAt(`after ${event}`);
    callback(error, answer);
  });
};

diagnostics.subscribe('http.client.request.start', ({ request }) => {
  if (killWhenSent === null) return;
  const position = killWhenSent;
  killWhenSent = null;
  request.once('finish', () => {
    endIfAt(position);
  });
});

/** Tables written since the transaction began. */
let written = new Set();
let isWatched = false;

const { acquireConnection, beginTransaction, commitTransaction } = SqliteDriver.prototype;
SqliteDriver.prototype.acquireConnection = async function () {
  const connection = await acquireConnection.call(this);
  if (isWatched) return connection;
  isWatched = true;
  const { executeQuery } = Object.getPrototypeOf(connection);
  Object.getPrototypeOf(connection).executeQuery = function (query) {
    const table = /^\s*(?:insert into|update|delete from|replace into)\s+"?(\w+)/i.exec(query.sql);
    if (table !== null) written.add(table[1]);
    return executeQuery.call(this, query);
  };
  return connection;
};

SqliteDriver.prototype.beginTransaction = function () {
  written = new Set();
  return beginTransaction.call(this);
};

SqliteDriver.prototype.commitTransaction = function () {
  if (plan === null) return commitTransaction.call(this);
  const event = numbered('commit', `commit ${[...written].sort().join('+')}`);
  endIfAt(`before ${event}`);
  // SQLite blocks: when this returns, the commit is done.
  const done = commitTransaction.call(this);
  endIfAt(`after ${event}`);
  return done;
};
