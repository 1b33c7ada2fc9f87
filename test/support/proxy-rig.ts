import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { aBusyboxImage } from './image.js';
import { freePort } from './network-namespace.js';
import { hostFiles } from './proxied-app.js';
import { pull } from './pull.js';
import { rigBusybox } from './rig-environment.js';
import type { Stage } from './service-setup.js';

const CONFIGURATIONS = fileURLToPath(new URL('../proxies', import.meta.url));
/** Where Debian's packages are unpacked: busybox is in its `bin`. */
const PACKAGES = dirname(dirname(rigBusybox()));
const LIBRARIES = ['x86_64', 'aarch64'].map((machine) => `/packages/usr/lib/${machine}-linux-gnu`);

/** Reverse proxies of Debian's packages, with the configurations in `test/proxies`. */
const PROXIES = {
  nginx: ['/packages/usr/sbin/nginx', '-c', '/proxies/nginx.conf'],
  haproxy: ['/packages/usr/sbin/haproxy', '-f', '/proxies/haproxy.cfg'],
  caddy: ['/packages/usr/bin/caddy', 'run', '--config', '/proxies/Caddyfile'],
} as const;
export type Proxy = keyof typeof PROXIES;

/** What these programs expect of a system. */
const FILES: Parameters<typeof aBusyboxImage>[1] = [
  { path: 'etc/' },
  { path: 'etc/passwd', content: 'root:x:0:0::/:/bin/sh\nnobody:x:65534:65534::/:/bin/sh\n' },
  { path: 'etc/group', content: 'root:x:0:\nnobody:x:65534:\nnogroup:x:65534:\n' },
  ...['var/', 'var/log/', 'var/log/nginx/', 'var/lib/', 'var/lib/nginx/'].map((path) => ({ path })),
];

/**
 * Starts a proxy on a network, as the container `<network>-<proxy>`, made from this machine's files. It asks
 * Docker's DNS for the first part of a path.
 * @returns its port on loopback
 */
export async function startProxy(
  { docker, registry, registryHost }: Stage,
  network: string,
  proxy: Proxy,
): Promise<number> {
  const port = await freePort();
  const image = `${registryHost}/acme/${network}-proxy:${proxy}`;
  await registry.push(`acme/${network}-proxy`, proxy, aBusyboxImage({}, FILES));
  await pull(docker, image);
  const created = await docker.createContainer({
    name: `${network}-${proxy}`,
    Image: image,
    Entrypoint: [...PROXIES[proxy]],
    Env: [`LD_LIBRARY_PATH=${LIBRARIES.join(':')}`],
    ExposedPorts: { '80/tcp': {} },
    HostConfig: {
      NetworkMode: network,
      Binds: [`${PACKAGES}:/packages:ro`, `${CONFIGURATIONS}:/proxies:ro`, ...(hostFiles() ?? [])],
      PortBindings: { '80/tcp': [{ HostIp: '127.0.0.1', HostPort: String(port) }] },
    },
  });
  await created.start();
  return port;
}
