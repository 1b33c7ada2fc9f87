import type Docker from 'dockerode';
import { realpathSync } from 'node:fs';
import { aBusyboxImage, type Image } from './image.js';

/** What a program does when it is asked to stop. */
export const STOPS = ['ends-at-once', 'finishes', 'ignores-term'] as const;
export type Stop = (typeof STOPS)[number];

/** Requests take between so many milliseconds, as real ones do. */
const SERVER = `
import { createServer } from 'node:http';
const { VERSION, STOP } = process.env;
const began = Date.now();
// It listens before it is of use, as many programs do.
const isReady = () => Date.now() - began > 600;
let open = 0;
let ending = false;
const server = createServer((request, answer) => {
  if (request.url === '/healthz') {
    answer.writeHead(isReady() ? 200 : 503).end();
    return;
  }
  open += 1;
  setTimeout(() => {
    // Who keeps the connection would send the next request to one that is ending.
    if (ending) answer.setHeader('connection', 'close');
    answer.end(VERSION + (isReady() ? '' : ' not ready') + '\\n');
    open -= 1;
  }, 5 + Math.random() * 60);
});
server.keepAliveTimeout = 60_000;
server.listen(8080);
process.on('SIGTERM', () => {
  if (STOP === 'ends-at-once') process.exit(0);
  if (STOP === 'ignores-term') return;
  ending = true;
  server.close();
  setInterval(() => {
    if (open === 0) process.exit(0);
    server.closeIdleConnections();
  }, 10);
});
`;

/** A version of an app on the host's own Node.js, which `/healthz` calls unhealthy for some time after it listens. */
export function aProxiedApp(version: string, stop: Stop): Image {
  return aBusyboxImage(
    {
      Entrypoint: ['/host/node', '/app/server.mjs'],
      Env: ['PATH=/bin', `VERSION=${version}`, `STOP=${stop}`],
      ExposedPorts: { '8080/tcp': {} },
    },
    [{ path: 'app/' }, { path: 'app/server.mjs', content: SERVER }],
  );
}

/** The libraries of this machine, and its Node.js, where the container finds them. */
export function hostFiles(): NonNullable<Docker.ContainerCreateOptions['HostConfig']>['Binds'] {
  return [
    `${realpathSync(process.execPath)}:/host/node:ro`,
    ...['/lib', '/lib64', '/usr/lib'].map((folder) => `${folder}:${folder}:ro`),
  ];
}
