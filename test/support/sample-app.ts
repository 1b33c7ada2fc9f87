import { randomBytes } from 'node:crypto';
import { aBusyboxImage, type Image, type ImageConfig } from './image.js';

const MILLISECOND = 1_000_000;

/** How a version of the sample app behaves; without any of these it boots at once and stays up. */
export interface SampleApp {
  /** Served at `/`, also the label `version`. */
  readonly version: string;
  /** Where it listens in the container; 8080 by default. */
  readonly port?: number;
  /** `healthy` and `unhealthy` are HEALTHCHECKs with 2 retries; `none`, the default: no check. */
  readonly check?: 'none' | 'healthy' | 'unhealthy';
  /** Milliseconds between two checks; 500 by default. In many containers at once that takes a processor. */
  readonly checkEvery?: number;
  /** Exits at once with this code. Under a restart policy that is a crash loop. */
  readonly exitsAtOnce?: number;
  /** Exits with code 1 after so many seconds of serving. */
  readonly diesAfter?: number;
  /** Its check begins to fail after so many seconds. */
  readonly unhealthyAfter?: number;
  /** A shell command: its check begins to fail once this succeeds, which is tried ten times a second. */
  readonly unhealthyOnce?: string;
  /** A file that it makes when it is asked to stop. */
  readonly lastWord?: string;
  /** Does not listen for so many seconds after its start. */
  readonly bootsFor?: number;
  /** Only SIGKILL ends it. */
  readonly ignoresTerm?: boolean;
  /** So many seconds from SIGTERM to its end; it goes on serving. */
  readonly stopsFor?: number;
  /** Random bytes in a layer of its own, so that a pull takes time and can be cut half way. */
  readonly extraBytes?: number;
  /** Laid over what the app itself needs. */
  readonly config?: ImageConfig;
}

/** A version of a small web app: its version at `/`, `ok` at `/healthz`, a line to stdout at each turn. */
export function aSampleApp(app: SampleApp): Image {
  const port = app.port ?? 8080;
  const files = [
    { path: 'app/' },
    { path: 'app/run', content: script(app, port), mode: 0o755 },
    { path: 'app/www/' },
    { path: 'app/www/index.html', content: `${app.version}\n` },
    { path: 'app/www/healthz', content: 'ok\n' },
    ...(app.extraBytes === undefined
      ? []
      : [{ path: 'app/extra', content: randomBytes(app.extraBytes) }]),
  ];
  const config: ImageConfig = {
    Entrypoint: ['/app/run'],
    Env: ['PATH=/bin', `APP_VERSION=${app.version}`],
    ExposedPorts: { [`${port}/tcp`]: {} },
    ...healthcheck(app, port),
    ...app.config,
    Labels: { version: app.version, ...app.config?.Labels },
  };
  return aBusyboxImage(config, files);
}

/**
 * The version that runs before a test begins: its check is asked for once a second only, for nobody waits for it and
 * each check is as much work for the engine as the start of a process in the container.
 */
export function theFirst(app: SampleApp): Image {
  return aSampleApp({ checkEvery: 1_000, ...app });
}

function healthcheck(app: SampleApp, port: number): Pick<ImageConfig, 'Healthcheck'> {
  if (app.check === undefined || app.check === 'none') return {};
  const probe = ['CMD', '/bin/wget', '-q', '-O', '/dev/null', `http://127.0.0.1:${port}/healthz`];
  return {
    Healthcheck: {
      Test: app.check === 'healthy' ? probe : ['CMD', '/bin/false'],
      Interval: (app.checkEvery ?? 500) * MILLISECOND,
      Timeout: 2_000 * MILLISECOND,
      Retries: 2,
      // What fails while it boots does not count.
      ...(app.bootsFor === undefined
        ? {}
        : { StartPeriod: (app.bootsFor + 2) * 1_000 * MILLISECOND }),
    },
  };
}

function script(app: SampleApp, port: number): string {
  const lines = ['#!/bin/sh', `say() { echo "sample app ${app.version}: $1"; }`];
  if (app.exitsAtOnce !== undefined) {
    lines.push(`say 'exits at once with ${app.exitsAtOnce}'`, `exit ${app.exitsAtOnce}`);
    return lines.join('\n') + '\n';
  }
  const lastWord = app.lastWord === undefined ? '' : `: > ${app.lastWord}; `;
  if (app.ignoresTerm === true) lines.push("trap '' TERM");
  else lines.push(`trap "${lastWord}say 'asked to stop'; sleep ${app.stopsFor ?? 0}; exit 0" TERM`);
  lines.push("say 'boots'");
  if (app.bootsFor !== undefined) lines.push(`sleep ${app.bootsFor} & wait $!`);
  if (app.unhealthyAfter !== undefined) {
    lines.push(`(sleep ${app.unhealthyAfter}; rm /app/www/healthz) &`);
  }
  if (app.unhealthyOnce !== undefined) {
    lines.push(`(until ${app.unhealthyOnce}; do sleep 0.1; done; rm /app/www/healthz) &`);
  }
  lines.push(`busybox httpd -f -p ${port} -h /app/www &`, "say 'serves'");
  if (app.diesAfter !== undefined) {
    lines.push(`sleep ${app.diesAfter} & wait $!`, "say 'dies'", 'exit 1');
  }
  // A signal without effect ends `wait` too; only the server's end ends the app.
  lines.push('server=$!', 'while kill -0 $server 2>/dev/null; do wait $server; done', 'exit 1');
  return lines.join('\n') + '\n';
}
