/**
 * Loaded into Deploy with `node --import`: ends its own process with SIGKILL at a planned instant of each of
 * several deployments.
 *
 * It does nothing until a webhook arrives, whose header `x-kill-switch` names the service. At the first one it
 * reads `plan.json` in the folder KILL_SWITCH_FOLDER, and from there on numbers, service by service, everything
 * that is asked of the engine and every commit of the storage:
 *
 * - `{"record": true}`: each of them is appended to `record.jsonl`, with the service;
 * - `{"positions": {"s1": "after POST /containers/:id/stop #1"}}`: a service that comes to its position stands
 *   still there, and the position is appended to `hit.jsonl`. When all stand still, the process ends.
 *
 * A position is a side, a label and how many times the label came before. Sides: `before` (nothing was sent,
 * nothing is committed), `during` (the last byte of a request was sent, no answer read) and `after` (the
 * answer came or the commit returned, and nobody has seen it). What is asked `during` is sent when nothing moves
 * any more, and the process ends with the last byte of the last of them. How often Deploy looks at
 * the engine while it waits for health differs from run to run, so reads are counted anew after each thing that
 * changes something: `GET /containers/:id/json @ commit deployments #2`.
 * Not numbered at all is what the engine is asked about itself, `GET /info` and `GET /_ping`.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import diagnostics from 'node:diagnostics_channel';
import { appendFileSync, readFileSync } from 'node:fs';
import { Server } from 'node:http';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import process from 'node:process';
import { pathToFileURL, URL } from 'node:url';
import { EngineSlots } from '../../dist/deployments/locks/engine-slots.js';
import { SqliteDriver } from '../../dist/storage/sqlite/sqlite-driver.js';

const folder = process.env['KILL_SWITCH_FOLDER'];
const NEVER = new Promise(() => undefined);

let plan = null;
/** Of the plan's services, those that do not stand still yet. */
const moving = new Set();
/** The service that something is done for: all that follows from its webhook. */
const context = new AsyncLocalStorage();
/** Each sends a request that the process shall end during. */
const lastRequests = [];
/** Of those, how many are not sent to the last byte yet. */
let unsent = 0;

// How many rollouts there may be at once is not the matter here.
EngineSlots.prototype.take = function (engine) {
  return this.takeOverLimit(engine);
};

const emit = Server.prototype.emit;
Server.prototype.emit = function (event, ...rest) {
  const name = event === 'request' ? rest[0].headers['x-kill-switch'] : undefined;
  if (name === undefined) return emit.call(this, event, ...rest);
  if (plan === null) {
    plan = JSON.parse(readFileSync(join(folder, 'plan.json'), 'utf8'));
    for (const each of Object.keys(plan.positions ?? {})) moving.add(each);
  }
  const service = {
    name,
    position: plan.positions?.[name],
    lastChange: 'the webhook',
    counts: new Map(),
    standsStill: false,
  };
  return context.run(service, () => emit.call(this, event, ...rest));
};

/** Undefined where nothing is to be done: before the first webhook, and for what recovered before it. */
function serviceNow() {
  const service = context.getStore();
  if (service !== undefined || plan?.record !== true) return service;
  throw new Error('the kill switch lost track of the service');
}

function append(file, line) {
  appendFileSync(join(folder, file), JSON.stringify(line) + '\n');
}

function numbered(service, kind, name) {
  const label = kind === 'read' ? `${name} @ ${service.lastChange}` : name;
  const count = (service.counts.get(label) ?? 0) + 1;
  service.counts.set(label, count);
  const event = `${label} #${count}`;
  if (kind !== 'read') service.lastChange = event;
  if (plan.record === true) append('record.jsonl', { kind, event });
  return event;
}

/** Whether the service stands still from here on. */
function standsStillAt(service, position) {
  if (service.standsStill) return true;
  if (service.position !== position) return false;
  append('hit.jsonl', position);
  standStill(service);
  return true;
}

/** The last one to do so ends the process. */
function standStill(service) {
  service.standsStill = true;
  moving.delete(service.name);
  if (moving.size > 0) return;
  if (lastRequests.length === 0) process.kill(process.pid, 'SIGKILL');
  unsent = lastRequests.length;
  for (const send of lastRequests) send();
}

/** That of the server: a build has dockerode's files once more, beside itself. */
const serverRequire = createRequire(new URL('../../dist/main.js', import.meta.url));
const { default: Docker } = await import(pathToFileURL(serverRequire.resolve('dockerode')).href);
const modem = Object.getPrototypeOf(new Docker({ socketPath: '/nowhere' }).modem);

const { dial } = modem;
modem.dial = function (options, callback) {
  const service = serviceNow();
  // About the engine itself one deployment asks for all, and only where its last answer is old: it depends on
  // the moment, and must not wait for one that stands still.
  const isShared = options.method === 'GET' && /^\/(info|_ping)(\?|$)/.test(options.path);
  if (service === undefined || isShared) return dial.call(this, options, callback);
  if (service.standsStill) return;
  const path = options.path
    .replace(/\?.*$/, '')
    .replace(/[0-9a-f]{64}/g, ':id')
    .replace(/^\/images\/.+\/(json|tag)$/, '/images/:name/$1')
    .replace(/^\/containers\/kill-[^/]+\//, '/containers/:name/')
    .replace(/^\/volumes\/[^/]+$/, '/volumes/:name')
    .replace(/^\/networks\/kill-[^/]+/, '/networks/:name')
    .replace(/^\/networks\/0-deploy-wait-[^/]+/, '/networks/:waiting');
  const kind = options.method === 'GET' ? 'read' : 'call';
  const event = numbered(service, kind, `${options.method} ${path}`);
  if (standsStillAt(service, `before ${event}`)) return;
  if (service.position === `during ${event}`) {
    lastRequests.push(() => {
      append('hit.jsonl', service.position);
      context.run({ ...service, sendsLast: true }, () => {
        dial.call(this, options, () => undefined);
      });
    });
    standStill(service);
    return;
  }
  dial.call(this, options, (error, answer) => {
    if (!standsStillAt(service, `after ${event}`)) callback(error, answer);
  });
};

diagnostics.subscribe('http.client.request.start', ({ request }) => {
  if (context.getStore()?.sendsLast !== true) return;
  request.once('finish', () => {
    unsent -= 1;
    if (unsent === 0) process.kill(process.pid, 'SIGKILL');
  });
});

/** Tables written since the transaction began. */
let written = new Set();
let isWatched = false;

const { acquireConnection, beginTransaction, commitTransaction } = SqliteDriver.prototype;
SqliteDriver.prototype.acquireConnection = async function () {
  if (context.getStore()?.standsStill === true) return NEVER;
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
  const service = serviceNow();
  if (service === undefined) return commitTransaction.call(this);
  const event = numbered(service, 'commit', `commit ${[...written].sort().join('+')}`);
  if (standsStillAt(service, `before ${event}`)) {
    // The others go on with the connection meanwhile; an end of the process undoes it in the same way.
    void this.rollbackTransaction();
    void this.releaseConnection();
    return NEVER;
  }
  // SQLite blocks: when this returns, the commit is done.
  const done = commitTransaction.call(this);
  if (!standsStillAt(service, `after ${event}`)) return done;
  void this.releaseConnection();
  return NEVER;
};
