import { Catch, Logger, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { Request, Response } from 'express';
import { DeployError, type ErrorCode } from '../../domain/errors.js';
import { messagePage, sendPage } from './approve-page.js';

interface Told {
  readonly status: number;
  readonly title: string;
}

const NOT_DONE = 'That did not work';
const NOTHING_TO_DECIDE = 'There is nothing to decide any more';
/** What may go wrong with a link. Whatever is not listed is a fault of ours. */
const TOLD: Readonly<Partial<Record<ErrorCode, Told>>> = {
  'not-found': { status: 404, title: 'Not a valid link' },
  gone: { status: 410, title: 'This link is used up' },
  'wrong-phase': { status: 409, title: NOTHING_TO_DECIDE },
  // The link was right when it was made; who may approve was changed since.
  forbidden: { status: 409, title: NOTHING_TO_DECIDE },
  invalid: { status: 400, title: NOT_DONE },
  'too-large': { status: 413, title: NOT_DONE },
  'unsupported-media-type': { status: 415, title: NOT_DONE },
  throttled: { status: 429, title: NOT_DONE },
  'storage-unavailable': { status: 503, title: NOT_DONE },
};
const RETRY_AFTER_MS = 5_000;

/** Tells people who opened a link what is wrong, as a page. */
@Catch(DeployError)
export class PageFilter implements ExceptionFilter<DeployError> {
  readonly #logger = new Logger(PageFilter.name);

  catch(error: DeployError, host: ArgumentsHost): void {
    const request = host.switchToHttp().getRequest<Request>();
    const response = host.switchToHttp().getResponse<Response>();
    const told = TOLD[error.code];
    if (told === undefined) {
      this.#logger.error({ msg: 'an approve link failed unexpectedly', err: error });
    }
    if (request.socket.destroyed || response.destroyed) return;
    if (response.headersSent) return void response.destroy();
    if (told?.status === 429 || told?.status === 503) {
      const seconds = Math.ceil((error.retryAfterMs ?? RETRY_AFTER_MS) / 1000);
      response.setHeader('Retry-After', String(Math.max(1, seconds)));
    }
    const message = told === undefined ? 'Something went wrong inside.' : sentence(error.message);
    sendPage(response, told?.status ?? 500, messagePage(told?.title ?? NOT_DONE, message));
  }
}

function sentence(message: string): string {
  return `${message.charAt(0).toUpperCase()}${message.slice(1)}.`;
}
