import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { Injectable, Logger, type BeforeApplicationShutdown } from '@nestjs/common';
import type { ListenAddress } from '../domain/settings/configuration.js';
import { redactedPath } from '../http/redacted-path.js';
import { MetricsService } from './metrics.service.js';

/** Serves only `/metrics`, on `server.metricsListen`. */
@Injectable()
export class MetricsServer implements BeforeApplicationShutdown {
  readonly #logger = new Logger(MetricsServer.name);
  #server: Server | null = null;

  constructor(private readonly metrics: MetricsService) {}

  /** @throws whatever `listen` throws, e.g. EADDRINUSE. */
  async listen({ host, port }: ListenAddress): Promise<void> {
    const server = createServer((request, response) => void this.answer(request, response));
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ port, ...(host === '' ? {} : { host }) }, resolve);
    });
    this.#server = server;
  }

  beforeApplicationShutdown(): void {
    this.#server?.close();
    this.#server?.closeAllConnections();
  }

  protected async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (redactedPath(request.url ?? '') !== '/metrics') {
      response.writeHead(404).end();
      return;
    }
    try {
      const text = await this.metrics.text();
      response.writeHead(200, { 'Content-Type': this.metrics.contentType }).end(text);
    } catch (error) {
      this.#logger.error({ msg: 'metrics could not be collected', err: error });
      response.writeHead(503).end();
    }
  }
}
