import { stemOf } from '@tributary/work';

/** Words of asking itself, which documents rarely repeat: they count for less than what is asked about. */
const ASKING = new Set(
  (
    'tell explain describe know mean meaning find say call called happen work give show want need like please help question understand ' +
    'thing way come go do make look like kind'
  )
    .split(' ')
    .map(stemOf),
);

/** Part of its weight that a stem keeps in a question, 0 to 1. */
export function askingWorth(term: string): number {
  return ASKING.has(term) ? 0.35 : 1;
}

/** Part of the greatest idf that a stem unknown to the dataset has: it may be another word for something that is there. */
export const UNKNOWN_WORTH = 0.7;
