import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { subset } from 'semver';
import { expect, it } from 'vitest';

interface LockedPackage {
  readonly version: string;
  readonly engines?: { readonly node?: string };
}

const { packages } = JSON.parse(
  readFileSync(fileURLToPath(new URL('../../package-lock.json', import.meta.url)), 'utf8'),
) as { packages: Readonly<Record<string, LockedPackage>> };
const { '': project, ...dependencies } = packages;

/** An installation warns of each package that does not accept the version of Node.js it runs on. */
it('every locked package accepts all versions of Node.js that the project promises', () => {
  const promised = project?.engines?.node ?? '';
  const refusing = Object.entries(dependencies)
    .filter(([, { engines }]) => engines?.node !== undefined && !subset(promised, engines.node))
    .map(([path, { version, engines }]) => `${path} ${version}: ${engines?.node ?? ''}`);
  expect(refusing).toEqual([]);
});
