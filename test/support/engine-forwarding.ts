import { request, type IncomingMessage, type ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';

/** What becomes of an engine's answer; by default it is passed on as it comes. */
export type Deliver = (engine: IncomingMessage, answer: ServerResponse) => void;

/**
 * Passes a request on to an engine's socket, and its answer back. Whoever ends its side ends the other's too:
 * a client that goes away is seen by the engine.
 */
export function forwardToEngine(
  socket: string,
  asked: IncomingMessage,
  answer: ServerResponse,
  deliver: Deliver = passOn,
): void {
  const forwarded = request(
    { socketPath: socket, path: asked.url, method: asked.method, headers: asked.headers },
    (engine) => {
      deliver(engine, answer);
    },
  );
  forwarded.on('error', () => answer.destroy());
  answer.on('close', () => forwarded.destroy());
  // At once: an end of its own would be written to an engine that may have answered and closed already.
  void buffer(asked).then(
    (body) => forwarded.end(body),
    () => forwarded.destroy(),
  );
}

/** Passes an answer on, its head at once: that of a stream may be all that comes for long. */
export function passOn(engine: IncomingMessage, answer: ServerResponse): void {
  answer.writeHead(engine.statusCode ?? 502, engine.headers);
  answer.flushHeaders();
  engine.pipe(answer);
}
