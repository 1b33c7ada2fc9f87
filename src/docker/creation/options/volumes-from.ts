/** `VolumesFrom` with names for ids; access modes (`web:ro`) stay. */
export function volumesFromByName(
  volumesFrom: readonly string[] | null | undefined,
  containerNames: ReadonlyMap<string, string>,
): readonly string[] | undefined {
  return volumesFrom?.map((entry) => {
    const [source = '', ...mode] = entry.split(':');
    return [containerNames.get(source) ?? source, ...mode].join(':');
  });
}
