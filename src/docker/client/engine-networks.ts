import type { EngineConnection } from './engine-connection.js';
import { EngineError } from './engine-error.js';

/** The fields of `GET /networks/<name>` that are used. */
export interface NetworkInspection {
  readonly Id: string;
  readonly Name: string;
  readonly Driver: string;
  readonly Internal?: boolean;
  readonly EnableIPv6?: boolean;
  readonly Options?: Readonly<Record<string, string>> | null;
  /** The endpoints on the network, by container id or, without a container, by endpoint id. */
  readonly Containers?: Readonly<Record<string, { readonly Name: string }>> | null;
}

/** Blocks of 16 addresses in the range for benchmarking (RFC 2544), which real networks should not use. */
const BLOCKS = 8_192;
const MOST_TRIES = 32;

/** The networks of one engine. Every method throws EngineError. */
export class EngineNetworks {
  constructor(private readonly connection: EngineConnection) {}

  /** By name. Null if there is none. */
  async find(name: string): Promise<NetworkInspection | null> {
    return this.connection.find<NetworkInspection>({
      doing: `inspect network ${name}`,
      method: 'GET',
      path: `/networks/${encodeURIComponent(name)}`,
    });
  }

  /**
   * Creates a small network unless one of that name exists. Its addresses are from a block that no other network
   * of the engine uses.
   */
  async make(
    name: string,
    body: Readonly<Record<string, unknown>>,
    firstBlock: number,
  ): Promise<void> {
    for (let attempt = 0; ; attempt++) {
      try {
        await this.connection.request({
          doing: `make network ${name}`,
          method: 'POST',
          path: '/networks/create',
          body: {
            ...body,
            Name: name,
            CheckDuplicate: true,
            IPAM: addresses(firstBlock + attempt),
          },
        });
        return;
      } catch (error) {
        if (!(error instanceof EngineError)) throw error;
        if (error.statusCode === 409 && (await this.find(name)) !== null) return;
        const isTaken = error.statusCode === 403 && /overlap/i.test(error.message);
        if (!isTaken || attempt >= MOST_TRIES) throw error;
      }
    }
  }

  /** Removes a network unless it is in use. Endpoints of removed containers are disconnected first. */
  async removeUnused(name: string): Promise<void> {
    if (await this.isRemoved(name)) return;
    const counted = Object.values((await this.find(name))?.Containers ?? {});
    const there = await Promise.all(counted.map(({ Name }) => this.hasContainer(Name)));
    const gone = counted.filter((_, index) => there[index] !== true);
    if (gone.length === 0) return;
    for (const { Name } of gone) await this.disconnectEndpoint(name, Name, true);
    await this.isRemoved(name);
  }

  /** False if the engine reports that the network is in use. */
  private async isRemoved(name: string): Promise<boolean> {
    try {
      await this.connection.ensure(
        {
          doing: `remove network ${name}`,
          method: 'DELETE',
          path: `/networks/${encodeURIComponent(name)}`,
        },
        404,
      );
      return true;
    } catch (error) {
      if (error instanceof EngineError && error.statusCode === 403) return false;
      throw error;
    }
  }

  private async hasContainer(name: string): Promise<boolean> {
    const inspection = await this.connection.find({
      doing: `inspect container ${name}`,
      method: 'GET',
      path: `/containers/${encodeURIComponent(name)}/json`,
    });
    return inspection !== null;
  }

  /** Connecting a container twice that was never started is no error. */
  async connect(
    name: string,
    container: string,
    endpoint: Readonly<Record<string, unknown>> = {},
  ): Promise<void> {
    await this.connection.request({
      doing: `connect ${container} to ${name}`,
      method: 'POST',
      path: `/networks/${encodeURIComponent(name)}/connect`,
      body: { Container: container, EndpointConfig: endpoint },
    });
  }

  /** A container that is not connected is no error. */
  async disconnect(name: string, container: string): Promise<void> {
    await this.disconnectEndpoint(name, container, false);
  }

  /** @param force Also disconnects an endpoint whose container does not exist. */
  private async disconnectEndpoint(name: string, container: string, force: boolean): Promise<void> {
    try {
      await this.connection.request({
        doing: `disconnect ${container} from ${name}`,
        method: 'POST',
        path: `/networks/${encodeURIComponent(name)}/disconnect`,
        body: { Container: container, Force: force },
      });
    } catch (error) {
      // An inspection also shows connections that the engine failed to complete.
      if (!(error instanceof EngineError && /is not connected to/.test(error.message))) throw error;
    }
  }
}

/** 198.18.0.0/15 in blocks of 16. */
function addresses(block: number): object {
  const offset = (block % BLOCKS) * 16;
  const [second, third, fourth] = [18 + (offset >> 16), (offset >> 8) & 255, offset & 255];
  const at = (host: number): string =>
    `198.${String(second)}.${String(third)}.${String(fourth + host)}`;
  return { Driver: 'default', Config: [{ Subnet: `${at(0)}/28`, Gateway: at(1) }] };
}
