/** Fields in which 0 and false differ from an unset value. */
const MEANINGFUL_NOTHING = ['Config.StopTimeout', 'HostConfig.Init', 'HostConfig.MemorySwappiness'];

/**
 * The same string for all values that mean the same; null for an unset value, which engines write as null, an empty
 * list, zero or not at all, depending on their version.
 */
export function canonical(field: string, value: unknown): string | null {
  if (MEANINGFUL_NOTHING.includes(field) && value !== null && value !== undefined) {
    return JSON.stringify(value);
  }
  // Engines write the default in two ways.
  if (field === 'HostConfig.RestartPolicy' && isDefaultPolicy(value)) return null;
  const stripped = withoutNothing(value);
  if (stripped === undefined) return null;
  return typeof stripped === 'string' ? stripped : JSON.stringify(stripped);
}

function isDefaultPolicy(policy: unknown): boolean {
  const { Name: name = '' } = (policy ?? {}) as { readonly Name?: string };
  return name === '' || name === 'no';
}

/** Lists keep empty entries: positions matter. */
function withoutNothing(value: unknown): unknown {
  if (value === null || value === undefined || value === '' || value === 0 || value === false) {
    return undefined;
  }
  if (Array.isArray(value)) {
    return value.length === 0 ? undefined : value.map((each) => withoutNothing(each) ?? null);
  }
  if (typeof value !== 'object') return value;
  const entries = Object.entries(value)
    .map(([key, each]) => [key, withoutNothing(each)] as const)
    .filter(([, each]) => each !== undefined)
    .sort(([one], [other]) => (one < other ? -1 : 1));
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}
