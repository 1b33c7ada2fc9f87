import { Controller, Get, Headers, Param, Query, Req, Res } from '@nestjs/common';
import type { Request, Response } from 'express';
import { Caller } from '../access/caller.decorator.js';
import { assertEnvironment, type Principal } from '../access/principal.js';
import { Requires } from '../access/requires.decorator.js';
import { hasEnded } from '../domain/deployment/deployment.js';
import { DeployError } from '../domain/errors.js';
import type { LogLine } from '../storage/repositories/log.repository.js';
import { Storage } from '../storage/storage.js';
import { DeploymentService } from '../deployments/actions/deployment.service.js';
import type { EventStream } from './streams/event-stream.js';
import { EventStreams } from './streams/event-streams.js';
import { LogQuery } from './list-query.dto.js';
import { pageView } from './page.dto.js';
import type { Page } from '../domain/page.js';

const LINES_AT_ONCE = 200;

/** The log of a deployment: pages of JSON, plain text, or a stream. */
@Controller('api/v1/deployments/:id/log')
@Requires('viewer')
export class DeploymentLogController {
  constructor(
    private readonly deployments: DeploymentService,
    private readonly storage: Storage,
    private readonly streams: EventStreams,
  ) {}

  @Get()
  async read(
    @Caller() caller: Principal,
    @Param('id') id: string,
    @Query() query: LogQuery,
    @Headers('last-event-id') lastEventId: string | undefined,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    const { environment } = await this.deployments.get(id);
    assertEnvironment(caller, environment);
    response.vary('Accept');
    switch (request.accepts(['application/json', 'text/event-stream', 'text/plain'])) {
      case 'text/event-stream':
        return this.stream(id, startAfter(query, lastEventId), query.isFollowed, response);
      case 'text/plain':
        response.type('text/plain').send((await this.page(id, query)).items.map(asText).join(''));
        return;
      default:
        response.json(pageView(await this.page(id, query), (line) => line));
    }
  }

  private async page(id: string, { after, limit }: LogQuery): Promise<Page<LogLine>> {
    const lines = await this.storage.logs.read(id, after, limit + 1);
    const items = lines.slice(0, limit);
    const last = items.at(-1);
    const hasMore = lines.length > limit && last !== undefined;
    return { items, next: hasMore ? String(last.seq) : null };
  }

  /** When followed, the stream ends with the deployment, otherwise after the last existing line. */
  private async stream(
    id: string,
    after: number,
    isFollowed: boolean,
    response: Response,
  ): Promise<void> {
    let position = after;
    await this.streams.serve(response, async (stream) => {
      // Checked before the lines are read: the log of an ended deployment is then complete.
      const isComplete = !isFollowed || hasEnded((await this.deployments.get(id)).phase);
      position = await this.sendLines(id, position, stream);
      return isComplete ? 'end' : 'more';
    });
  }

  private async sendLines(id: string, after: number, stream: EventStream): Promise<number> {
    let position = after;
    for (;;) {
      const lines = await this.storage.logs.read(id, position, LINES_AT_ONCE);
      for (const line of lines) {
        await stream.send({ id: String(line.seq), name: 'log', data: line });
        position = line.seq;
      }
      if (lines.length < LINES_AT_ONCE || stream.isClosed) return position;
    }
  }
}

function asText({ at, level, text }: LogLine): string {
  return `${at} ${level} ${text}\n`;
}

function startAfter({ after }: LogQuery, lastEventId: string | undefined): number {
  if (lastEventId === undefined || lastEventId === '') return after;
  if (!/^\d{1,12}$/.test(lastEventId)) {
    throw new DeployError('invalid', 'Last-Event-ID must be the id of an earlier event');
  }
  return Number(lastEventId);
}
