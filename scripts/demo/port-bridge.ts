import { connect, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';

/**
 * Makes a TCP port of a sandbox's network reachable on the host. A Unix socket in the sandbox's
 * folder is seen from both networks: inside, `bridgeOut` leads from it to the port; outside,
 * `bridgeIn` leads from the host's port of the same number to it. Loopback only.
 */
export async function bridgeOut(folder: string, port: number): Promise<Server> {
  const server = createServer((client) => {
    connectBoth(client, connect(port, '127.0.0.1'));
  });
  await listening(server, { path: socketOf(folder, port) });
  return server;
}

/** The host's side of `bridgeOut`. Close the server to end it. */
export async function bridgeIn(folder: string, port: number): Promise<Server> {
  const server = createServer((client) => {
    connectBoth(client, connect(socketOf(folder, port)));
  });
  await listening(server, { host: '127.0.0.1', port });
  return server;
}

function socketOf(folder: string, port: number): string {
  return join(folder, `port-${port}.sock`);
}

function connectBoth(one: Socket, other: Socket): void {
  for (const [from, to] of [
    [one, other],
    [other, one],
  ] as const) {
    from.pipe(to);
    // An error is followed by `close`; the other side then learns it by its own end.
    from.on('error', () => to.destroy());
    from.on('close', () => to.destroy());
  }
}

function listening(server: Server, where: { path: string } | { host: string; port: number }) {
  return new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(where, resolve);
  });
}
