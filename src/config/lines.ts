/** The offsets at which lines begin. As in YAML 1.2, a line ends with a line feed, a carriage return or both. */
export function lineStarts(text: string): readonly number[] {
  const ends = text.matchAll(/\r\n|[\r\n]/g);
  return [0, ...Array.from(ends, (end) => end.index + end[0].length)];
}
