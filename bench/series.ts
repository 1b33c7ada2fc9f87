/** What was measured again and again under the same name, in one unit. */
export interface Series {
  readonly name: string;
  readonly unit: 'ms' | 'MB' | '/s';
  readonly samples: readonly number[];
}

/**
 * The middle sample, or the mean of the two in the middle.
 * @throws RangeError where there is none
 */
export function median(samples: readonly number[]): number {
  const sorted = samples.toSorted((one, other) => one - other);
  const middle = sorted.length / 2;
  const [low, high] = [sorted[Math.ceil(middle) - 1], sorted[Math.floor(middle)]];
  if (low === undefined || high === undefined) throw new RangeError('there are no samples');
  return (low + high) / 2;
}

/** `median (smallest–largest)`, with digits that suit the size. */
export function shown(samples: readonly number[]): string {
  const [smallest, largest] = [Math.min(...samples), Math.max(...samples)];
  return `${rounded(median(samples))} (${rounded(smallest)}–${rounded(largest)})`;
}

/** Each sample divided by the one of the same round of another series. */
export function ratiosByRound(
  samples: readonly number[],
  baseline: readonly number[],
): readonly number[] {
  return samples.map((sample, round) => {
    const other = baseline[round];
    if (other === undefined) throw new RangeError('the series are not of the same rounds');
    return sample / other;
  });
}

/** Two digits after the point below 10, one below 100, none above. */
function rounded(value: number): string {
  return value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0);
}
