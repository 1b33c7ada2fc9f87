import type { NestExpressApplication } from '@nestjs/platform-express';
import { Test } from '@nestjs/testing';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import supertest from 'supertest';
import { AppModule } from '../../src/app.module.js';
import { LookupSchedule } from '../../src/deployments/deciding/digest-lookup.js';
import { PollSchedule } from '../../src/deployments/polling/poll-schedule.js';
import { PruneSchedule } from '../../src/deployments/pruning/prune-schedule.js';
import { prepare } from '../../src/application.js';
import { HttpServer } from '../../src/http/http-server.js';
import { DeployLogger } from '../../src/operations/logger.js';
import { Storage } from '../../src/storage/storage.js';
import { ADMIN_TOKEN } from './deploy-process.js';
import { rigFolder } from './rig-environment.js';

export interface InProcessOptions {
  /** Text of deploy.yaml. */
  readonly configuration: string;
  /** Laid over the real schedule of the registry's look-ups, so that a test need not wait a minute. */
  readonly schedule?: Partial<Pick<LookupSchedule, 'againAfterMs' | 'troublePausesMs'>>;
  /** Laid over when registries are polled. */
  readonly polling?: Partial<PollSchedule>;
  /** Laid over when old things are pruned, and by which clock. */
  readonly pruning?: Partial<PruneSchedule>;
}

/**
 * The whole application inside the test's own process, for tests of the API with supertest and with
 * look-ups in milliseconds instead of minutes. What concerns processes (signals, restarts, full disks)
 * is tested with `DeployProcess`.
 */
export class DeployInProcess {
  #application: NestExpressApplication | null = null;
  readonly #log: string[] = [];

  private constructor(
    readonly folder: string,
    private readonly options: InProcessOptions,
  ) {}

  /** Writes the files without starting anything. Call `remove()` at the end of the test. */
  static async prepare(options: InProcessOptions): Promise<DeployInProcess> {
    const folder = await mkdtemp(join(rigFolder(), 'inside-'));
    await mkdir(join(folder, 'home'));
    const deploy = new DeployInProcess(folder, options);
    await writeFile(join(folder, 'deploy.yaml'), options.configuration);
    return deploy;
  }

  async start(): Promise<void> {
    const environment = {
      HOME: join(this.folder, 'home'),
      PATH: process.env['PATH'],
      DEPLOY_ADMIN_TOKEN: ADMIN_TOKEN,
    };
    const storage = await Storage.open(`sqlite:${join(this.folder, 'data', 'deploy.db')}`);
    const source = { path: join(this.folder, 'deploy.yaml'), environment };
    const testing = await Test.createTestingModule({ imports: [AppModule.over(source, storage)] })
      .overrideProvider(LookupSchedule)
      .useValue(Object.assign(new LookupSchedule(), this.options.schedule))
      .overrideProvider(PollSchedule)
      .useValue(Object.assign(new PollSchedule(), this.options.polling))
      .overrideProvider(PruneSchedule)
      .useValue(Object.assign(new PruneSchedule(), this.options.pruning))
      .compile();
    const application = testing.createNestApplication<NestExpressApplication>(new HttpServer(), {
      bodyParser: false,
    });
    application.useLogger(
      DeployLogger.to('trace', { write: (line: string) => void this.#log.push(line) }),
    );
    prepare(application);
    await application.init();
    await application.listen(0, '127.0.0.1');
    this.#application = application;
  }

  get baseUrl(): string {
    const { port } = this.running.getHttpServer().address() as AddressInfo;
    return `http://127.0.0.1:${String(port)}`;
  }

  /** All that it logged. */
  get log(): string {
    return this.#log.join('');
  }

  /** A request with supertest and the admin token; the path begins with a slash, after `/api/v1`. */
  call(method: 'get' | 'post' | 'put' | 'delete', path: string): supertest.Test {
    const agent = supertest(this.running.getHttpServer());
    return agent[method](`/api/v1${path}`).set('Authorization', `Bearer ${ADMIN_TOKEN}`);
  }

  /** As `DeployProcess.api`. */
  api(path: string, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers);
    if (!headers.has('authorization')) headers.set('authorization', `Bearer ${ADMIN_TOKEN}`);
    if (init.body !== undefined) headers.set('content-type', 'application/json');
    return fetch(`${this.baseUrl}/api/v1${path}`, { ...init, headers });
  }

  /** Ends it as a signal would, and starts it again, with another configuration where one is given. */
  async restart(change?: (configuration: string) => string): Promise<void> {
    await this.#application?.close();
    this.#application = null;
    if (change !== undefined) {
      const path = join(this.folder, 'deploy.yaml');
      await writeFile(path, change(await readFile(path, 'utf8')));
    }
    await this.start();
  }

  /** Ends it as a signal would, and removes its folder. */
  async remove(): Promise<void> {
    await this.#application?.close();
    this.#application = null;
    await rm(this.folder, { recursive: true, force: true });
  }

  private get running(): NestExpressApplication {
    if (this.#application === null) throw new Error('Deploy does not run');
    return this.#application;
  }
}
