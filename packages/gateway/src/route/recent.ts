/** Numbers of the recent past, each with its moment; a fixed amount of memory, and a few nanoseconds to add one. */
export interface Recent {
  add(at: number, value: number): void;
  /** The remembered numbers from a moment on, in no order. */
  since(from: number): number[];
}

/** @param size how many are remembered */
export function createRecent(size: number): Recent {
  const times = new Float64Array(size).fill(Number.NEGATIVE_INFINITY);
  const values = new Float64Array(size);
  let next = 0;
  return {
    add(at, value) {
      times[next] = at;
      values[next] = value;
      next = (next + 1) % size;
    },
    since(from) {
      const found: number[] = [];
      for (const [i, at] of times.entries()) if (at >= from) found.push(values[i]!);
      return found;
    },
  };
}

/**
 * The least of some numbers that covers a part of them (nearest rank).
 * @param sorted at least one, ascending
 * @param part above 0, at most 1
 */
export function rankOf(sorted: readonly number[], part: number): number {
  return sorted[Math.ceil(part * sorted.length) - 1]!;
}
