/** A clock that a test moves. `now` fits wherever the code under test asks for `now: () => number` in unix seconds. */
export interface TestClock {
  now: () => number;
  nowMs: () => number;
  advance(seconds: number): void;
}

/** A clock that stands still at `startSeconds` until it is moved. */
export function testClock(startSeconds = 1_800_000_000): TestClock {
  let ms = startSeconds * 1000;
  return {
    now: () => Math.floor(ms / 1000),
    nowMs: () => ms,
    advance(seconds) {
      ms += seconds * 1000;
    },
  };
}
