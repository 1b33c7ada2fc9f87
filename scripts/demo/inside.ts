import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { EngineRig } from '../../test/support/engine-rig.js';
import { rigFolder } from '../../test/support/rig-environment.js';
import { RegistryRig } from '../../test/support/registry-rig.js';
import { bridgeOut } from './port-bridge.js';

/**
 * What runs in the demo's sandbox: an engine, a registry on the first port given, and a way out for
 * each port. Lives until the sandbox is ended. Says in `ready.json` where the engine is.
 */
const [registryPort = 0, ...otherPorts] = process.argv.slice(2).map(Number);
const [engine] = await Promise.all([EngineRig.start(), RegistryRig.start({ port: registryPort })]);
for (const port of [registryPort, ...otherPorts]) await bridgeOut(rigFolder(), port);
const ready = join(rigFolder(), 'ready.json');
await writeFile(`${ready}.new`, JSON.stringify({ engineSocket: engine.socket }));
await rename(`${ready}.new`, ready);
setInterval(() => undefined, 60_000);
