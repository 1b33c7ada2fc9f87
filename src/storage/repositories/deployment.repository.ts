import type { Kysely } from 'kysely';
import {
  assertTransition,
  hasEnded,
  PHASES,
  unknownDeployment,
  type Deployment,
  type DeploymentDetails,
  type DeploymentPatch,
  type Phase,
  type StepRecord,
} from '../../domain/deployment/deployment.js';
import { DeployError } from '../../domain/errors.js';
import {
  changedColumnsOf,
  DEPLOYMENT_COLUMNS,
  deploymentOf,
  deploymentsOf,
  rowOf,
} from './deployment-row.js';
import { appendEvent } from './event.repository.js';
import type { Schema } from './schema.js';
import type { Session } from '../session.js';

/** Which deployments to list. An omitted or null field does not filter. */
export interface DeploymentFilter {
  readonly environment?: string | null;
  readonly service?: string | null;
  readonly phase?: Phase | null;
  readonly group?: string | null;
  /** Environments that the caller may see. */
  readonly environments?: readonly string[] | null;
  /** Only those older than the one with this id. */
  readonly before?: string | null;
  readonly limit: number;
}

/** A tag of the repository that a service follows. */
type TagOfService = Pick<Deployment, 'environment' | 'service' | 'image' | 'tag'>;

const NOT_ENDED = PHASES.filter((phase) => !hasEnded(phase));

/** Deployments with their steps and rollout intents. Every change of a deployment adds an event. */
export class DeploymentRepository {
  constructor(private readonly session: Session) {}

  insert(deployment: Deployment): Promise<void> {
    return this.session.write(async (database, announce) => {
      await database.insertInto('deployments').values(rowOf(deployment)).execute();
      await appendEvent(database, deployment);
      announce({ kind: 'deployment', deployment: deployment.id });
    });
  }

  get(id: string): Promise<Deployment | null> {
    return this.session.read((database) => find(database, id));
  }

  /**
   * Changes details that have nothing to do with the phase, and returns the whole deployment.
   * @throws DeployError `not-found`
   */
  update(id: string, details: DeploymentDetails): Promise<Deployment> {
    return this.transition(id, details);
  }

  /**
   * Changes what the patch names, the phase among it, and returns the whole deployment. For `DeploymentChanges` alone.
   * @throws DeployError `not-found`, or `wrong-phase` if the table of transitions does not allow it.
   */
  transition(id: string, patch: DeploymentPatch): Promise<Deployment> {
    return this.session.write(async (database, announce) => {
      const before = await find(database, id);
      if (before === null) throw unknownDeployment(id);
      const after = { ...before, ...patch };
      assertTransition(before.phase, after.phase);
      await database
        .updateTable('deployments')
        .set(changedColumnsOf(after))
        .where('id', '=', id)
        .execute();
      await appendEvent(database, after);
      announce({ kind: 'deployment', deployment: id });
      return after;
    });
  }

  /** Deployments that have not ended, oldest first. */
  active(): Promise<Deployment[]> {
    return this.session.read(async (database) => {
      const rows = await database
        .selectFrom('deployments')
        .select(DEPLOYMENT_COLUMNS)
        .where('phase', 'in', NOT_ENDED)
        .orderBy('id')
        .execute();
      return rows.map(deploymentOf);
    });
  }

  /** Deployments of a service that have not ended, oldest first. */
  activeOf(environment: string, service: string): Promise<Deployment[]> {
    return this.session.read(async (database) => {
      const rows = await deploymentsOf(database, environment, service)
        .select(DEPLOYMENT_COLUMNS)
        .where('phase', 'in', NOT_ENDED)
        .orderBy('id')
        .execute();
      return rows.map(deploymentOf);
    });
  }

  /** Newest first. */
  list(filter: DeploymentFilter): Promise<Deployment[]> {
    const { environment, service, phase, group, environments, before } = filter;
    return this.session.read(async (database) => {
      let query = database.selectFrom('deployments').select(DEPLOYMENT_COLUMNS);
      if (environment != null) query = query.where('environment', '=', environment);
      if (service != null) query = query.where('service', '=', service);
      if (phase != null) query = query.where('phase', '=', phase);
      if (group != null) query = query.where('group_id', '=', group);
      if (environments != null) query = query.where('environment', 'in', environments);
      if (before != null) query = query.where('id', '<', before);
      const rows = await query.orderBy('id', 'desc').limit(filter.limit).execute();
      return rows.map(deploymentOf);
    });
  }

  /** The newest deployment of a service, in any phase. */
  lastOf(environment: string, service: string): Promise<Deployment | null> {
    return this.session.read(async (database) => {
      const row = await deploymentsOf(database, environment, service)
        .select(DEPLOYMENT_COLUMNS)
        .orderBy('id', 'desc')
        .limit(1)
        .executeTakeFirst();
      return row === undefined ? null : deploymentOf(row);
    });
  }

  /** Deployments of a service for one tag, in any phase, newest first. */
  ofTag({ environment, service, image, tag }: TagOfService, limit: number): Promise<Deployment[]> {
    return this.session.read(async (database) => {
      const rows = await deploymentsOf(database, environment, service)
        .select(DEPLOYMENT_COLUMNS)
        .where('image', '=', image)
        .where('tag', '=', tag)
        .orderBy('id', 'desc')
        .limit(limit)
        .execute();
      return rows.map(deploymentOf);
    });
  }

  /** Succeeded deployments of a service, the last finished first. */
  succeeded(environment: string, service: string, limit: number): Promise<Deployment[]> {
    return this.session.read(async (database) => {
      const rows = await deploymentsOf(database, environment, service)
        .select(DEPLOYMENT_COLUMNS)
        .where('phase', '=', 'succeeded')
        .orderBy('finished_at', 'desc')
        .orderBy('id', 'desc')
        .limit(limit)
        .execute();
      return rows.map(deploymentOf);
    });
  }

  /** The intent that was stored last; null if there is none. */
  intent(id: string): Promise<unknown> {
    return this.session.read(async (database) => {
      const row = await database
        .selectFrom('deployments')
        .select('intent')
        .where('id', '=', id)
        .executeTakeFirst();
      return row?.intent == null ? null : (JSON.parse(row.intent) as unknown);
    });
  }

  /** Stored intents of a service's `limit` newest deployments, newest first; those without one are left out. */
  intentsOf(environment: string, service: string, limit: number): Promise<unknown[]> {
    return this.session.read(async (database) => {
      const newest = await deploymentsOf(database, environment, service)
        .select('intent')
        .orderBy('id', 'desc')
        .limit(limit)
        .execute();
      const kept = newest.map(({ intent }) => intent).filter((intent) => intent !== null);
      return kept.map((intent) => JSON.parse(intent) as unknown);
    });
  }

  /**
   * Stores, as JSON, what the rollout is about to do; null removes it.
   * @throws DeployError `not-found`
   */
  setIntent(id: string, intent: unknown): Promise<void> {
    return this.session.write(async (database) => {
      const { numUpdatedRows } = await database
        .updateTable('deployments')
        .set({ intent: intent === null ? null : JSON.stringify(intent) })
        .where('id', '=', id)
        .executeTakeFirst();
      if (numUpdatedRows === 0n) throw unknownDeployment(id);
    });
  }

  /**
   * Records the begin of a step, before it acts.
   * @returns its number, for `finishStep`.
   * @throws DeployError `not-found`
   */
  beginStep(id: string, name: string, detail: string | null, at: string): Promise<number> {
    return this.session.write(async (database) => {
      if ((await find(database, id)) === null) throw unknownDeployment(id);
      const { last } = await database
        .selectFrom('deployment_steps')
        .select((select) => select.fn.max<number | null>('seq').as('last'))
        .where('deployment', '=', id)
        .executeTakeFirstOrThrow();
      const seq = (last ?? 0) + 1;
      await database
        .insertInto('deployment_steps')
        .values({ deployment: id, seq, name, started_at: at, detail })
        .execute();
      return seq;
    });
  }

  /**
   * Records how a step ended. A null detail keeps the one from its begin.
   * @throws DeployError `not-found`
   */
  finishStep(
    id: string,
    seq: number,
    outcome: NonNullable<StepRecord['outcome']>,
    detail: string | null,
    at: string,
  ): Promise<void> {
    return this.session.write(async (database) => {
      const { numUpdatedRows } = await database
        .updateTable('deployment_steps')
        .set({ outcome, finished_at: at, ...(detail === null ? {} : { detail }) })
        .where('deployment', '=', id)
        .where('seq', '=', seq)
        .executeTakeFirst();
      if (numUpdatedRows === 0n) {
        throw new DeployError('not-found', `deployment ${id} has no step ${String(seq)}`);
      }
    });
  }

  /** Steps in the order in which they began. */
  steps(id: string): Promise<StepRecord[]> {
    return this.session.read((database) =>
      database
        .selectFrom('deployment_steps')
        .select([
          'name',
          'started_at as startedAt',
          'finished_at as finishedAt',
          'outcome',
          'detail',
        ])
        .where('deployment', '=', id)
        .orderBy('seq')
        .execute(),
    );
  }
}

async function find(database: Kysely<Schema>, id: string): Promise<Deployment | null> {
  const row = await database
    .selectFrom('deployments')
    .select(DEPLOYMENT_COLUMNS)
    .where('id', '=', id)
    .executeTakeFirst();
  return row === undefined ? null : deploymentOf(row);
}
