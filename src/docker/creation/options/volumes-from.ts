/** `VolumesFrom` with names instead of ids; access modes (`web:ro`) are kept. */
export function volumesFromByName(
  volumesFrom: readonly string[] | null | undefined,
  containerNames: ReadonlyMap<string, string>,
): readonly string[] | undefined {
  return volumesFrom?.map((entry) => {
    const [source = '', ...mode] = entry.split(':');
    return [containerNames.get(source) ?? source, ...mode].join(':');
  });
}
