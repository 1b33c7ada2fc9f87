import type { Deployment } from '../../domain/deployment/deployment.js';
import type { GroupRun } from '../../domain/deployment/group.js';
import { DEPLOYMENT_COLUMNS, deploymentOf } from './deployment-row.js';
import type { Session } from '../session.js';

/** Grouped deployments; their deployments refer to them by id. */
export class GroupRunRepository {
  constructor(private readonly session: Session) {}

  insert({ id, environment, onFailure, direction, startedAt, finishedAt }: GroupRun) {
    return this.session.write(async (database) => {
      await database
        .insertInto('group_runs')
        .values({
          id,
          environment,
          on_failure: onFailure,
          direction,
          started_at: startedAt,
          finished_at: finishedAt,
        })
        .execute();
    });
  }

  /** Grouped deployments that have not ended, oldest first; at most one per environment. */
  open(): Promise<GroupRun[]> {
    return this.session.read((database) =>
      database
        .selectFrom('group_runs')
        .select([
          'id',
          'environment',
          'on_failure as onFailure',
          'direction',
          'started_at as startedAt',
          'finished_at as finishedAt',
        ])
        .where('finished_at', 'is', null)
        .orderBy('id')
        .execute(),
    );
  }

  /** All deployments of a group, including its rollbacks, oldest first. */
  deployments(id: string): Promise<Deployment[]> {
    return this.session.read(async (database) => {
      const rows = await database
        .selectFrom('deployments')
        .select(DEPLOYMENT_COLUMNS)
        .where('group_id', '=', id)
        .orderBy('id')
        .execute();
      return rows.map(deploymentOf);
    });
  }

  turnBack(id: string): Promise<void> {
    return this.session.write(async (database) => {
      await database
        .updateTable('group_runs')
        .set({ direction: 'back' })
        .where('id', '=', id)
        .execute();
    });
  }

  /** `at`: RFC 3339, UTC. */
  finish(id: string, at: string): Promise<void> {
    return this.session.write(async (database) => {
      await database
        .updateTable('group_runs')
        .set({ finished_at: at })
        .where('id', '=', id)
        .execute();
    });
  }
}
