import type { TestProject } from 'vitest/node';
import { build } from './build.js';
import { EngineRig } from './engine-rig.js';
import { RegistryRig } from './registry-rig.js';

declare module 'vitest' {
  export interface ProvidedContext {
    /** The engine and registry that all e2e tests share; read it with `sharedRig()`. */
    readonly sharedRig: { readonly socket: string; readonly registryPort: number };
  }
}

interface Rig {
  /** Goes on while unit tests run: those with an engine wait for it. */
  readonly built: Promise<void>;
  readonly engine: EngineRig;
  readonly registry: RegistryRig;
}

/** In one process the projects load this file anew each: what they share is kept beside it. */
const shared = globalThis as { deployRig?: { readonly rig: Promise<Rig>; users: number } };

/** Begins to build `dist/`, and starts the engine and the registry that all e2e tests share. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  shared.deployRig ??= { rig: startRig(), users: 0 };
  const { deployRig } = shared;
  deployRig.users += 1;
  const { built, engine, registry } = await deployRig.rig;
  project.provide('sharedRig', { socket: engine.socket, registryPort: registry.port });
  return async () => {
    deployRig.users -= 1;
    if (deployRig.users > 0) return;
    await built;
    await registry.remove();
    await engine.remove();
  };
}

async function startRig(): Promise<Rig> {
  const built = build();
  const [engine, registry] = await Promise.all([EngineRig.start(), RegistryRig.start()]);
  return { built, engine, registry };
}
