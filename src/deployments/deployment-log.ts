import { Injectable, Logger } from '@nestjs/common';
import { messageOf } from '../domain/errors.js';
import { Storage } from '../storage/storage.js';

export type LogLevel = 'info' | 'warn' | 'error';

/** Whom a line is about. */
export interface LogSubject {
  readonly id: string;
  readonly environment: string;
  readonly service: string;
}

/** A deployment's own log: each line goes to storage, where the API serves it, and to the server's log. */
@Injectable()
export class DeploymentLog {
  readonly #logger = new Logger('Deployment');

  constructor(private readonly storage: Storage) {}

  /** To the server's log alone; for lines that are stored together with what they tell of. */
  print(subject: LogSubject, level: LogLevel, text: string): void {
    const { environment, service, id: deployment } = subject;
    const entry = { environment, service, deployment, msg: text };
    if (level === 'error') this.#logger.error(entry);
    else if (level === 'warn') this.#logger.warn(entry);
    else this.#logger.log(entry);
  }

  /** Never throws: a line that storage cannot take is still in the server's log, with the reason. */
  async append(subject: LogSubject, level: LogLevel, text: string): Promise<void> {
    await this.appendAll(subject, level, [text]);
  }

  /** Several lines at once; as {@link append}. */
  async appendAll(subject: LogSubject, level: LogLevel, texts: readonly string[]): Promise<void> {
    for (const text of texts) this.print(subject, level, text);
    const at = new Date().toISOString();
    try {
      await this.storage.logs.append(
        subject.id,
        texts.map((text) => ({ at, level, text })),
      );
    } catch (error) {
      const lost = texts.length === 1 ? 'line above is' : `${String(texts.length)} lines above are`;
      this.print(subject, 'warn', `the ${lost} not stored: ${messageOf(error)}`);
    }
  }
}
