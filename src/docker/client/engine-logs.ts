import { buffer } from 'node:stream/consumers';
import type { EngineConnection } from './engine-connection.js';
import { logLines } from './log-lines.js';

/** A log is nice to have, but the service may be down while we wait for it. */
const LOG_MS = 5_000;

/** The last `count` lines of a container's output. With a terminal the engine sends them in another format. */
export async function lastLines(
  connection: EngineConnection,
  id: string,
  count: number,
  hasTerminal: boolean,
): Promise<string[]> {
  const stream = await connection.stream({
    doing: `read the log of ${id}`,
    method: 'GET',
    path: `/containers/${id}/logs`,
    query: { stdout: true, stderr: true, tail: count },
    signal: AbortSignal.timeout(LOG_MS),
  });
  return logLines(await buffer(stream), hasTerminal).slice(-count);
}
