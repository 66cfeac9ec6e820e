import type { Expert } from '../expert.ts';
import { abacus } from './abacus.ts';
import { embedder } from './embedder.ts';
import { gguf } from './gguf.ts';
import { guide } from './guide.ts';
import { library } from './library.ts';
import { relay } from './relay.ts';

/** Hides the options' type: outside their expert, options are whatever its schema has parsed. */
function register<Options>(expert: Expert<Options>): Expert {
  return {
    name: expert.name,
    options: expert.options,
    suits: expert.suits,
    open: (options, context) => expert.open(expert.options.parse(options), context),
  };
}

/** Every expert this version knows. */
export const experts: readonly Expert[] = [
  register(library),
  register(abacus),
  register(guide),
  register(embedder),
  register(gguf),
  register(relay),
];

const byName = new Map(experts.map((e) => [e.name, e]));

/** The expert of a card's `expert` field, or undefined for one that this version does not know. */
export function expertNamed(name: string): Expert | undefined {
  return byName.get(name);
}
