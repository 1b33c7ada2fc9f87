// @ts-check
/*
 * The process in which a handler runs: it loads the module, makes the calls that the server requests, one at a
 * time, and answers each. Plain JavaScript, so that the file is the same in `src` and in `dist`.
 */
import { Worker } from 'node:worker_threads';
import { Choices } from './choices.js';
import { Output } from './output.js';
import { Requests } from './requests.js';
import { describeThrown } from './thrown.js';

/** @import { FromWorker, HandlerFunction, ToWorker, WorkerSettings } from '../protocol.js' */
/** @typedef {(subject: unknown, api: object) => unknown} HookFunction */

if (process.send === undefined) throw new Error('only the server can start this');
const sendToServer = process.send.bind(process);
// The handler's own code must not use the channel.
delete process.send;

const requests = new Requests(send);
/** @type {Output} */
let output;
/** `file:` URL of the handler's module. */
let module = '';
/** @type {Map<HandlerFunction, HookFunction>} */
const functions = new Map();

process.on('message', (message) => {
  void take(/** @type {ToWorker} */ (message));
});
process.on('disconnect', () => process.exit());
process.on('uncaughtException', crash);
process.on('unhandledRejection', crash);

/** @param {ToWorker} message */
async function take(message) {
  switch (message.kind) {
    case 'load':
      await load(message.settings);
      return;
    case 'call':
      await call(message.hook, message.subject);
      return;
    case 'answer':
      requests.answered(message.request, message.answer);
      return;
    case 'no-answer':
      requests.failed(message.request, message.message);
      return;
    default: {
      /** @type {never} */
      const unknown = message;
      throw new TypeError(`the server sent ${JSON.stringify(unknown)}`);
    }
  }
}

/** @param {WorkerSettings} settings */
async function load({ module: address, hooks, mostBytes, mostLines }) {
  module = address;
  output = new Output(mostLines, send);
  output.capture();
  new Worker(new URL('./watchdog.js', import.meta.url), {
    workerData: { mostBytes, server: process.ppid },
  }).unref();
  try {
    const exported = /** @type {Record<string, unknown>} */ (await import(module));
    for (const hook of hooks) {
      const value = exported[hook];
      if (typeof value === 'function') functions.set(hook, /** @type {HookFunction} */ (value));
    }
    const others = Object.keys(exported).filter((name) => !hooks.some((hook) => hook === name));
    send({ kind: 'loaded', hooks: [...functions.keys()], others });
  } catch (error) {
    send({ kind: 'threw', thrown: describeThrown(error, module) });
  }
}

/**
 * @param {HandlerFunction} hook
 * @param {unknown} subject
 */
async function call(hook, subject) {
  output.renew();
  const choices = new Choices();
  try {
    const read = choices.read(hook, await functions.get(hook)?.(subject, apiOf(choices)));
    if ('problem' in read) send({ kind: 'misused', problem: read.problem });
    else send({ kind: 'returned', choice: read.choice });
  } catch (error) {
    send({ kind: 'threw', thrown: describeThrown(error, module) });
  }
}

/** @param {Choices} choices */
function apiOf(choices) {
  return Object.freeze({
    log: Object.freeze({
      /** @param {readonly unknown[]} values */
      info: (...values) => {
        output.say('info', values);
      },
      /** @param {readonly unknown[]} values */
      warn: (...values) => {
        output.say('warn', values);
      },
      /** @param {readonly unknown[]} values */
      error: (...values) => {
        output.say('error', values);
      },
    }),
    fetch: requests.fetch.bind(requests),
    deploy: choices.deploy.bind(choices),
    skip: choices.skip.bind(choices),
    wait: choices.wait.bind(choices),
  });
}

/** @param {unknown} error */
function crash(error) {
  sendToServer({ kind: 'crashed', thrown: describeThrown(error, module) }, () => process.exit(1));
}

/** @param {FromWorker} message */
function send(message) {
  sendToServer(message);
}
