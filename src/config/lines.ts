/** Offsets at which the lines of a text begin. A line ends with a line feed, a carriage return or both, as in YAML 1.2. */
export function lineStarts(text: string): readonly number[] {
  const ends = text.matchAll(/\r\n|[\r\n]/g);
  return [0, ...Array.from(ends, (end) => end.index + end[0].length)];
}
