import { Controller, Get, Headers, Res } from '@nestjs/common';
import type { Response } from 'express';
import { Caller } from '../access/caller.decorator.js';
import type { Principal } from '../access/principal.js';
import { Requires } from '../access/requires.decorator.js';
import { DeployError } from '../domain/errors.js';
import { Storage } from '../storage/storage.js';
import { deploymentView } from '../domain/deployment/deployment-view.js';
import { EventStreams } from './streams/event-streams.js';

const EVENTS_AT_ONCE = 100;

/** Every change of a deployment, as it happens. */
@Controller('api/v1/events')
@Requires('viewer')
export class EventsController {
  constructor(
    private readonly storage: Storage,
    private readonly streams: EventStreams,
  ) {}

  /** Starts with the present, or after the last event that the client saw. */
  @Get()
  async stream(
    @Caller() caller: Principal,
    @Headers('last-event-id') lastEventId: string | undefined,
    @Res() response: Response,
  ): Promise<void> {
    let position = await this.startAfter(lastEventId);
    await this.streams.serve(response, async (stream) => {
      for (;;) {
        const events = await this.storage.events.after(
          position,
          EVENTS_AT_ONCE,
          caller.environments,
        );
        for (const { id, deployment } of events) {
          await stream.send({
            id: String(id),
            name: 'deployment',
            data: deploymentView(deployment),
          });
          position = id;
        }
        if (events.length < EVENTS_AT_ONCE || stream.isClosed) return 'more';
      }
    });
  }

  /** An id beyond the newest (from before storage was replaced) counts as the newest. */
  private async startAfter(lastEventId: string | undefined): Promise<number> {
    const newest = await this.storage.events.lastId();
    if (lastEventId === undefined || lastEventId === '') return newest;
    if (!/^\d{1,15}$/.test(lastEventId)) {
      throw new DeployError('invalid', 'Last-Event-ID must be the id of an earlier event');
    }
    return Math.min(Number(lastEventId), newest);
  }
}
