import { DeployError } from '../../domain/errors.js';
import type { Session } from '../session.js';

/** A line of a deployment's log before it has a number. */
export interface NewLogLine {
  /** RFC 3339, UTC, milliseconds. */
  readonly at: string;
  readonly level: 'info' | 'warn' | 'error';
  readonly text: string;
}

export interface LogLine extends NewLogLine {
  /** Counts from 1 in each deployment. */
  readonly seq: number;
}

/** The logs of deployments. */
export class LogRepository {
  constructor(private readonly session: Session) {}

  /**
   * Appends lines.
   * @throws DeployError `not-found` if there is no such deployment.
   */
  append(deployment: string, lines: readonly NewLogLine[]): Promise<void> {
    return this.session.write(async (database, announce) => {
      if (lines.length === 0) return;
      const owner = await database
        .selectFrom('deployments')
        .select((select) =>
          select
            .selectFrom('deployment_log')
            .select((inner) => inner.fn.max<number | null>('seq').as('last'))
            .where('deployment', '=', deployment)
            .as('last'),
        )
        .where('id', '=', deployment)
        .executeTakeFirst();
      if (owner === undefined) {
        throw new DeployError('not-found', `there is no deployment ${JSON.stringify(deployment)}`);
      }
      let seq = owner.last ?? 0;
      for (const { at, level, text } of lines) {
        seq += 1;
        await database
          .insertInto('deployment_log')
          .values({ deployment, seq, at, level, text })
          .execute();
      }
      announce({ kind: 'log', deployment });
    });
  }

  /** Lines with a number above `after`, in order. */
  read(deployment: string, after: number, limit: number): Promise<LogLine[]> {
    return this.session.read((database) =>
      database
        .selectFrom('deployment_log')
        .select(['seq', 'at', 'level', 'text'])
        .where('deployment', '=', deployment)
        .where('seq', '>', after)
        .orderBy('seq')
        .limit(limit)
        .execute(),
    );
  }
}
