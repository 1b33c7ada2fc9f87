import { createServer, STATUS_CODES, type Server } from 'node:http';
import type { Socket } from 'node:net';
import type { NestApplicationOptions } from '@nestjs/common';
import { ExpressAdapter } from '@nestjs/platform-express';
import { problemOf, PROBLEM_MEDIA_TYPE, type Problem } from './problem.js';

/** Limits for a server on the internet, in milliseconds and bytes. */
const LIMITS = {
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  connectionsCheckingInterval: 2_000,
  /** Longer than common reverse proxies keep idle connections, so that they close first. */
  keepAliveTimeout: 65_000,
  maxHeaderSize: 16_384,
};

const IDLE_CHECK_MS = 50;
/** At shutdown: the rest of the ten seconds is for the rollout in progress. */
const LONGEST_ANSWER_MS = 3_000;

/** Express on a Node.js server with limits, which answers even malformed requests with a problem. */
export class HttpServer extends ExpressAdapter {
  override initHttpServer(_options: NestApplicationOptions): void {
    const server = createServer(LIMITS, this.getInstance<Parameters<typeof createServer>[1]>());
    server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
      refuse(error.code ?? '', socket);
    });
    this.httpServer = server;
  }

  /** The first step of a shutdown: stops accepting connections. */
  override beforeClose(): void {
    super.beforeClose();
    this.nodeServer.close();
  }

  /** Lets requests in progress finish; closes idle connections, and after `LONGEST_ANSWER_MS` all others. */
  override async close(): Promise<void> {
    const server = this.nodeServer;
    const idle = setInterval(() => {
      server.closeIdleConnections();
    }, IDLE_CHECK_MS);
    const all = setTimeout(() => {
      server.closeAllConnections();
    }, LONGEST_ANSWER_MS);
    await new Promise<void>((resolve) => {
      // An error only means that it is no longer listening.
      server.close(() => {
        resolve();
      });
    });
    clearInterval(idle);
    clearTimeout(all);
  }

  private get nodeServer(): Server {
    return this.httpServer;
  }
}

/** Answers what is not a valid request: there is nothing to route, so the answer is written to the socket. */
function refuse(code: string, socket: Socket): void {
  if (code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const problem = problemOfClientError(code);
  const body = JSON.stringify(problem);
  const head = [
    `HTTP/1.1 ${String(problem.status)} ${STATUS_CODES[problem.status] ?? 'Error'}`,
    'Connection: close',
    `Content-Type: ${PROBLEM_MEDIA_TYPE}`,
    `Content-Length: ${String(Buffer.byteLength(body))}`,
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}

function problemOfClientError(code: string): Problem {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') {
    return problemOf('timeout', 'the request did not arrive in time');
  }
  if (code === 'HPE_HEADER_OVERFLOW') {
    return problemOf('too-large', 'the request headers are too large');
  }
  return problemOf('invalid', 'this is not a valid HTTP request');
}
