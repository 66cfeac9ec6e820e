import { stripVTControlCharacters } from 'node:util';

export interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

/**
 * Adds up the closing lines of the test runners in an output: `ℹ pass 3` of Node's and `3 passing` of Hardhat's. A test that
 * Node's runner cancelled (its file ended or ran out of time) has failed.
 */
export function countTests(output: string): Counts {
  const text = stripVTControlCharacters(output);
  const sum = (pattern: RegExp) => [...text.matchAll(pattern)].reduce((n, m) => n + Number(m[1]), 0);
  return {
    passed: sum(/^ℹ pass (\d+)$/gm) + sum(/^ *(\d+) passing$/gm),
    failed: sum(/^ℹ (?:fail|cancelled) (\d+)$/gm) + sum(/^ *(\d+) failing$/gm),
    skipped: sum(/^ℹ (?:skipped|todo) (\d+)$/gm) + sum(/^ *(\d+) skipped$/gm),
  };
}
