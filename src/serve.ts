import { createServer } from 'node:net';
import { Logger } from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { makeFirstToken } from './access/first-token.js';
import { AppModule } from './app.module.js';
import { ConfigurationService, type ConfigurationSource } from './config/configuration.service.js';
import { printFault } from './config/fault.js';
import { loadConfiguration } from './config/load-configuration.js';
import type { Configuration, ListenAddress } from './domain/settings/configuration.js';
import { messageOf } from './domain/errors.js';
import { createApplication } from './application.js';
import { DeployLogger } from './operations/logger.js';
import { MetricsServer } from './operations/metrics-server.js';
import { StorageOpenError } from './storage/storage-open-error.js';
import { Storage } from './storage/storage.js';
import { Sources } from './webhooks/sources/sources.js';

/** Exit codes: docs/troubleshooting.md. */
const EXIT = { clean: 0, configuration: 1, storage: 2, listen: 3, crash: 70 } as const;
/** A process that is told to stop must exit within ten seconds, whatever hangs. */
const LONGEST_SHUTDOWN_MS = 9_000;
const OLDEST_SUPPORTED_NODE = 22;

const logger = new Logger('Server');

/** The server cannot listen on an address. */
class ListenError extends Error {}

/**
 * Runs the server: configuration, storage, application. It accepts requests only once interrupted rollouts
 * have been recovered. Ends the process with a code of `EXIT`.
 */
export async function serve(source: ConfigurationSource): Promise<void> {
  const loaded = loadConfiguration(source.path, source.environment);
  if ('faults' in loaded) {
    for (const fault of loaded.faults) process.stderr.write(`${printFault(fault)}\n`);
    process.exitCode = EXIT.configuration;
    return;
  }
  Logger.overrideLogger(await DeployLogger.create(loaded.settings));
  endOnCrash();
  warnOfOldNode();
  try {
    await start(source, loaded.configuration, loaded.settings.listen);
  } catch (error) {
    if (error instanceof StorageOpenError) end(EXIT.storage, error);
    if (error instanceof ListenError) end(EXIT.listen, error);
    throw error;
  }
}

async function start(
  source: ConfigurationSource,
  configuration: Configuration,
  listen: ListenAddress,
): Promise<void> {
  const storage = await Storage.open(`sqlite:${configuration.storage.path}`);
  try {
    await startOver(storage, source, configuration, listen);
  } catch (error) {
    await storage.close();
    throw error;
  }
}

async function startOver(
  storage: Storage,
  source: ConfigurationSource,
  configuration: Configuration,
  listen: ListenAddress,
): Promise<void> {
  // Before anything starts that would have to be aborted.
  await assertFree(listen);
  const token = await makeFirstToken(configuration, storage);
  if (token !== null) printToken(token.reveal());
  const application = await createApplication(AppModule.over(source, storage));
  endOnSignal(application);
  reloadOnSignal(application);
  await application.init();
  const { metricsListen } = configuration;
  if (metricsListen !== null) {
    await listening(metricsListen, () => application.get(MetricsServer).listen(metricsListen));
  }
  const { host, port } = listen;
  await listening(listen, () =>
    // Without a host Node.js listens on every address, IPv6 included if available.
    host === '' ? application.listen(port) : application.listen(port, host),
  );
  announce(configuration, application.get(Sources), await application.getUrl());
}

/** The only place that ever prints a token. */
function printToken(token: string): void {
  process.stdout.write(
    `No token is configured, so an admin token was created. It is shown only this once:\n\n  ${token}\n\n`,
  );
}

function announce({ publicUrl, webhooks }: Configuration, sources: Sources, url: string): void {
  logger.log({ msg: `listening on ${url}`, url });
  for (const webhook of webhooks) {
    const { name, type } = webhook;
    const secret = sources.of(webhook).addresses.includes('secret-in-path') ? '/***' : '';
    const address = `${publicUrl ?? url}/webhooks/${name}${secret}`;
    logger.log({ msg: `webhook ${name} (${type}): ${address}`, webhook: name });
  }
}

/** @throws ListenError if the address is not available. */
async function assertFree(address: ListenAddress): Promise<void> {
  const probe = createServer();
  const { host, port } = address;
  await listening(address, async () => {
    await new Promise<void>((resolve, reject) => {
      probe.once('error', reject);
      probe.listen({ port, ...(host === '' ? {} : { host }) }, resolve);
    });
    await new Promise((resolve) => probe.close(resolve));
  });
}

async function listening(address: ListenAddress, listen: () => Promise<unknown>): Promise<void> {
  const shown = `${address.host === '' ? '*' : address.host}:${String(address.port)}`;
  try {
    await listen();
  } catch (error) {
    const isTaken = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
    const reason = isTaken ? 'the address is already in use' : messageOf(error);
    throw new ListenError(`cannot listen on ${shown}: ${reason}`, { cause: error });
  }
}

function endOnSignal(application: NestExpressApplication): void {
  let isEnding = false;
  const finish = (signal: NodeJS.Signals): void => {
    if (isEnding) return;
    isEnding = true;
    logger.log({ msg: `${signal}: shutting down` });
    // Rollouts in progress are in the journal: the next start resumes them.
    setTimeout(() => {
      logger.warn({ msg: 'shutdown timed out; unfinished rollouts resume at the next start' });
      process.exit(EXIT.clean);
    }, LONGEST_SHUTDOWN_MS).unref();
    application.close().then(
      () => process.exit(EXIT.clean),
      (error: unknown) => {
        logger.error({ msg: 'the shutdown failed', err: error });
        process.exit(EXIT.clean);
      },
    );
  };
  process.on('SIGTERM', finish).on('SIGINT', finish);
}

function reloadOnSignal(application: NestExpressApplication): void {
  process.on('SIGHUP', () => {
    const reloaded = application.get(ConfigurationService).reload();
    if (reloaded.applied) {
      const changes =
        reloaded.changes.length === 0 ? 'nothing changed' : reloaded.changes.join('; ');
      logger.log({ msg: `configuration reloaded: ${changes}` });
      return;
    }
    const faults = reloaded.faults.map(printFault);
    logger.error({ msg: 'the configuration is invalid; the previous one stays in force', faults });
  });
}

function endOnCrash(): void {
  process.on('uncaughtException', (error) => {
    logger.fatal({ msg: 'unhandled error, exiting', err: error });
    process.exit(EXIT.crash);
  });
}

function warnOfOldNode(): void {
  const major = Number(process.versions.node.split('.')[0]);
  if (major >= OLDEST_SUPPORTED_NODE) return;
  logger.warn({
    msg: `Node.js ${process.versions.node} no longer gets security fixes; use 22 or newer`,
  });
}

function end(code: number, error: Error): never {
  process.stderr.write(`${error.message}\n`);
  process.exit(code);
}
