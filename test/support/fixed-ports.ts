import { once } from 'node:events';
import { createServer } from 'node:net';

/** Below the ports that outgoing connections are given, which could take one while it is free. */
const FIRST = 12_000;
const BLOCK = 5_000;
const BLOCKS = 4;

let nextPort: Promise<number> | null = null;

/** A port that no other file, which may run at once, is given. */
export function nextFixedPort(): Promise<number> {
  const port = nextPort ?? ownBlock();
  nextPort = port.then((given) => given + 1);
  return port;
}

/** A block of ports belongs to the process that listens at its first one. */
async function ownBlock(): Promise<number> {
  for (let block = 0; block < BLOCKS; block++) {
    const first = FIRST + block * BLOCK;
    const server = createServer().listen(first, '127.0.0.1');
    try {
      await once(server, 'listening');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
      continue;
    }
    server.unref();
    return first + 1;
  }
  throw new Error(`all ${String(BLOCKS)} blocks of ports are taken`);
}
