import type { LoggerService } from '@nestjs/common';
import pino from 'pino';
import type { EnvironmentSettings } from '../config/environment-settings.js';

/** The key under which pino prints an error with its stack and causes. */
const ERROR_KEY = 'err';

/** The framework's own startup messages are logged at debug level. */
const FRAMEWORK: ReadonlySet<unknown> = new Set([
  'InstanceLoader',
  'NestApplication',
  'NestFactory',
  'RouterExplorer',
  'RoutesResolver',
]);

/**
 * Nest's logger, writing to stdout with pino: lines of JSON, or human-readable ones on a terminal. A
 * message is a string, or an object of fields whose `msg` (or `message`) is the text; the last argument is
 * Nest's context. Secrets are `Secret` objects and print as `***`.
 */
export class DeployLogger implements LoggerService {
  constructor(private readonly pino: pino.Logger) {}

  /** `logLevel` is the lowest that is printed; `logFormat` null: human-readable on a terminal, else JSON. */
  static async create({
    logLevel,
    logFormat,
  }: Pick<EnvironmentSettings, 'logLevel' | 'logFormat'>): Promise<DeployLogger> {
    const isPretty = logFormat === null ? process.stdout.isTTY : logFormat === 'pretty';
    return DeployLogger.to(logLevel, await destination(isPretty));
  }

  static to(level: pino.Level, destination: pino.DestinationStream): DeployLogger {
    const options: pino.LoggerOptions = {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    };
    return new DeployLogger(pino(options, destination));
  }

  log(message: unknown, ...more: unknown[]): void {
    this.write(FRAMEWORK.has(more.at(-1)) ? 'debug' : 'info', message, more);
  }

  error(message: unknown, ...more: unknown[]): void {
    this.write('error', message, more);
  }

  fatal(message: unknown, ...more: unknown[]): void {
    this.write('fatal', message, more);
  }

  warn(message: unknown, ...more: unknown[]): void {
    this.write('warn', message, more);
  }

  debug(message: unknown, ...more: unknown[]): void {
    this.write('debug', message, more);
  }

  verbose(message: unknown, ...more: unknown[]): void {
    this.write('trace', message, more);
  }

  private write(level: pino.Level, message: unknown, more: readonly unknown[]): void {
    if (!this.pino.isLevelEnabled(level)) return;
    this.pino[level]({ ...fieldsOf(message), ...fieldsOfMore(more) });
  }
}

/** Synchronous, so that nothing logged before a crash is lost. */
async function destination(isPretty: boolean): Promise<pino.DestinationStream> {
  if (!isPretty) return pino.destination({ fd: 1, sync: true });
  const { default: pretty } = await import('pino-pretty');
  return pretty({
    sync: true,
    destination: 1,
    ignore: 'context',
    messageFormat: '{context}: {msg}',
  });
}

function fieldsOf(message: unknown): Record<string, unknown> {
  if (message instanceof Error) return { msg: message.message, [ERROR_KEY]: message };
  if (typeof message !== 'object' || message === null) return { msg: String(message) };
  const { message: text, msg = text, ...fields } = message as Record<string, unknown>;
  return { msg, ...fields };
}

/** Nest passes `context`, `stack, context`, or an error before the context. */
function fieldsOfMore(more: readonly unknown[]): Record<string, unknown> {
  const context = more.at(-1);
  const before = typeof context === 'string' ? more.slice(0, -1) : more;
  const error = before.find((item) => item instanceof Error);
  const stack = before.find((item) => typeof item === 'string');
  return {
    ...(typeof context === 'string' ? { context } : {}),
    ...(error === undefined ? {} : { [ERROR_KEY]: error }),
    ...(stack === undefined ? {} : { stack }),
  };
}
