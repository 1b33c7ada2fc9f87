/** Where 0 and false say something else than nothing at all. */
const MEANINGFUL_NOTHING = ['Config.StopTimeout', 'HostConfig.Init', 'HostConfig.MemorySwappiness'];

/**
 * One text for everything that means the same, or null for what is not set: engines of different age write
 * nothing as null, as an empty list, as zero or not at all.
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

/** Lists keep their empty entries: their places matter. */
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
