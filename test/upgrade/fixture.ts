import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { SampleApp } from '../support/sample-app.js';

/** Where the registry was when the fixtures were made: in every image reference of theirs. */
export const RECORDED_REGISTRY = '127.0.0.1:5000';
/** The address of the engine in their `deploy.yaml`. */
export const RECORDED_ENGINE = 'unix:///var/run/docker.sock';

/** One folder for each release. */
export const FIXTURES = fileURLToPath(new URL('../fixtures/', import.meta.url));

/** An image as it was pushed; the same app makes the same image, unless its tools changed meanwhile. */
export interface RecordedImage {
  /** `namespace/name` in the registry. */
  readonly repository: string;
  readonly tag: string;
  readonly app: SampleApp;
  readonly digest: string;
  /** The engine's id of it. */
  readonly imageId: string;
}

/** A container of the half-done rollout, as the engine showed it after the server was killed. */
export interface RecordedContainer {
  readonly id: string;
  readonly name: string;
  /** `repository:tag` as it was created from. */
  readonly image: string;
  readonly imageId: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly restartPolicy: string;
  /** Null where it was never started. */
  readonly startedAt: string | null;
}

/** What is beside a fixture's database and configuration, as `fixture.json`. */
export interface Recorded {
  /** When the server was killed: RFC 3339, UTC. Some of what it had in hand has deadlines. */
  readonly killedAt: string;
  /** The token that the first start made and printed. */
  readonly firstToken: string;
  /** All pushes, the oldest first. */
  readonly images: readonly RecordedImage[];
  readonly halfDone: {
    readonly deployment: string;
    /** The old one and the new one; neither runs. */
    readonly containers: readonly [RecordedContainer, RecordedContainer];
  };
  /** Path after `/api/v1`, and what was answered before the half-done rollout began. */
  readonly answers: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** How many rows each table had. */
  readonly rows: Readonly<Record<string, number>>;
}

/** What a release left behind. */
export interface Fixture extends Recorded {
  /** The version; also the name of the folder. */
  readonly release: string;
  readonly database: string;
  /** The path of `deploy.yaml`. */
  readonly configuration: string;
}

/** Those of all releases, the oldest first. */
export function allFixtures(): Fixture[] {
  const folders = readdirSync(FIXTURES, { withFileTypes: true }).filter((each) =>
    each.isDirectory(),
  );
  return folders
    .map(({ name }) => name)
    .sort((one, other) => one.localeCompare(other, 'en', { numeric: true }))
    .map((release) => {
      const folder = join(FIXTURES, release);
      const recorded = readFileSync(join(folder, 'fixture.json'), 'utf8');
      return {
        ...(JSON.parse(recorded) as Recorded),
        release,
        database: join(folder, 'deploy.db'),
        configuration: join(folder, 'deploy.yaml'),
      };
    });
}
