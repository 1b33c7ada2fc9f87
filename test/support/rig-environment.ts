/** What the sandbox tells the programs that run in it (scripts/sandbox.ts). */
export interface RigEnvironment {
  /** Temporary folder that the sandbox removes at its end. */
  readonly folder: string;
  /** Parent of all cgroups that engines of the rig make; the sandbox removes it. */
  readonly cgroup: string;
}

/** @throws Error outside a sandbox: there, an engine would disturb that of the host */
export function rigEnvironment(): RigEnvironment {
  return { folder: rigFolder(), cgroup: variable('DEPLOY_RIG_CGROUP') };
}

/** A folder for what rigs keep. */
export function rigFolder(): string {
  return variable('DEPLOY_RIG_FOLDER');
}

/** A statically linked busybox: the content of test images. */
export function rigBusybox(): string {
  return variable('DEPLOY_RIG_BUSYBOX');
}

function variable(name: string): string {
  const value = process.env[name];
  if (value !== undefined) return value;
  throw new Error(
    `${name} is not set: this runs only inside the sandbox of \`npm test\` (\`npm test -- FILE\` for one file).`,
  );
}
