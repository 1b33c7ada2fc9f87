import { Injectable } from '@nestjs/common';
import type { Webhook } from '../../domain/settings/environment.js';
import { dockerHub } from './docker-hub.source.js';
import type { Source } from './source.js';

const SOURCES: Readonly<Record<Webhook['type'], Source>> = { 'docker-hub': dockerHub };

/** Every type of sender that a webhook can have. */
@Injectable()
export class Sources {
  of({ type }: Pick<Webhook, 'type'>): Source {
    return SOURCES[type];
  }
}
