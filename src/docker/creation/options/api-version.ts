/**
 * Whether the Engine API `version` (e.g. `1.41`) is at least `least`. Minor versions are numbers: 1.9 is older
 * than 1.41.
 */
export function isApiAtLeast(version: string, least: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [leastMajor = 0, leastMinor = 0] = least.split('.').map(Number);
  return major === leastMajor ? minor >= leastMinor : major > leastMajor;
}
