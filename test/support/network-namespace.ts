import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';

const run = promisify(execFile);

/** Where programs of the rig run: in the sandbox's own network or in one beside it. */
export interface ConfigNode {
  /** The address under which the test reaches what listens there. */
  readonly address: string;
  /** The command that runs `command` there. */
  inside(command: readonly string[]): readonly string[];
}

/** The sandbox's own network: 127.0.0.1 is the same for tests, engine, registry and Deploy. */
export const SANDBOX: ConfigNode = { address: '127.0.0.1', inside: (command) => command };

/**
 * A network beside the sandbox's, for a test that restarts its engine: two engines in one network
 * flush each other's iptables chains. Whatever shall talk to that engine's containers or registry
 * over 127.0.0.1 (Deploy, above all) must run `inside` it; the test itself reaches what listens on
 * 0.0.0.0 there by `address`.
 */
export class NetworkNamespace implements ConfigNode {
  static #made = 0;

  private constructor(
    readonly name: string,
    readonly address: string,
  ) {}

  /** One test file's namespaces never collide with another's: the worker's process id is in them. */
  static async create(): Promise<NetworkNamespace> {
    const number = NetworkNamespace.#made;
    NetworkNamespace.#made += 1;
    // 10.192.0.0/10 has room for 2^20 networks of four addresses; ids in the sandbox are small.
    const subnet = ((process.pid % 0x10000) * 16 + (number % 16)) * 4;
    const at = (offset: number): string => {
      const value = subnet + offset;
      return `10.${192 + ((value >> 16) & 63)}.${(value >> 8) & 255}.${value & 255}`;
    };
    const name = `rig-${process.pid}-${number}`;
    const outer = `r${process.pid}-${number}`;
    const inner = 'test0';
    await run('ip', ['netns', 'add', name]);
    await run('ip', ['link', 'add', outer, 'type', 'veth', 'peer', 'name', inner, 'netns', name]);
    await run('ip', ['address', 'add', `${at(1)}/30`, 'dev', outer]);
    await run('ip', ['link', 'set', outer, 'up']);
    await run('ip', ['-n', name, 'address', 'add', `${at(2)}/30`, 'dev', inner]);
    await run('ip', ['-n', name, 'link', 'set', inner, 'up']);
    await run('ip', ['-n', name, 'link', 'set', 'lo', 'up']);
    return new NetworkNamespace(name, at(2));
  }

  inside(command: readonly string[]): readonly string[] {
    // Not `ip netns exec`: that mounts a new /sys, without the cgroups that an engine needs.
    return ['nsenter', `--net=/run/netns/${this.name}`, ...command];
  }

  /** Call after all that ran inside has ended. */
  async remove(): Promise<void> {
    await run('ip', ['netns', 'delete', this.name]);
  }
}

/** A port on which nothing listens now, in this process's network. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
