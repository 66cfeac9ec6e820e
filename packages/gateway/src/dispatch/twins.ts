import type { Step } from '../route/plan.ts';

/** One question in so many is put to the twins of a service all the same, to see whether its "unknown" was honest. */
const DOUBT_ONE_IN = 8;

/**
 * Services of one deterministic model give the same answers, so an "unknown" of one is an "unknown" of all. The digest is only
 * a claim: now and then a twin is asked all the same, and a service whose twin knew better is believed no more.
 */
export interface Twins {
  /** A service did not know. */
  unknown(step: Step): void;
  /** A service answered. */
  answered(step: Step): void;
  /** Whether a service need not be asked any more. */
  skips(step: Step): boolean;
  /** Whether nobody is left to be asked if the step at `index` does not know. */
  isLast(index: number): boolean;
}

export function createTwins(steps: readonly Step[], random: () => number): Twins {
  const silent: Step[] = [];
  let doubts: boolean | undefined;

  const areTwins = (a: Step, b: Step): boolean =>
    a.service.card.deterministic &&
    b.service.card.deterministic &&
    a.service.card.model.digest === b.service.card.model.digest;

  function isBelieved({ service }: Step): boolean {
    doubts ??= random() < 1 / DOUBT_ONE_IN;
    return !doubts && !service.unknowns.contradicted;
  }

  const covers = (by: readonly Step[], step: Step): boolean => by.some((s) => areTwins(s, step) && isBelieved(s));

  return {
    unknown: (step) => silent.push(step),
    answered(step) {
      for (const s of silent) if (areTwins(s, step)) s.service.unknowns.contradicted = true;
    },
    skips: (step) => covers(silent, step),
    isLast(index) {
      const by = [...silent, steps[index]!];
      return steps.slice(index + 1).every((step) => covers(by, step));
    },
  };
}
