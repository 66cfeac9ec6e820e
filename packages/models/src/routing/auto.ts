import type { ChatRequest } from '@tributary/protocol';
import type { RoutedCard } from '../expert.ts';
import { expertNamed } from '../experts/index.ts';
import { readQuestion } from './question.ts';

/** A service in the order in which it should be asked. */
export interface RankedService<S> {
  service: S;
  /** 0 to 1; services of one score are interchangeable. */
  score: number;
  /** One plain sentence for people. */
  why: string;
}

/** What is asked of a service whose expert this version does not know: it may be a language model. */
const UNKNOWN_EXPERT = { score: 0.3, why: 'its kind is unknown here, but it can try' };

/**
 * Ranks services for a request, best first. Services that do not suit at all are left out unless there is nobody else: an
 * honest "I don't know" is free. Services that suit equally keep their given order, so the caller sorts by price or latency
 * before. Ask in this order until one does not answer `unknown`.
 */
export function rankServices<S extends { card: RoutedCard }>(
  request: ChatRequest,
  services: readonly S[],
): RankedService<S>[] {
  const question = readQuestion(request);
  const ranked = services
    .map((service) => {
      const { score, why } = expertNamed(service.card.expert)?.suits(question, service.card) ?? UNKNOWN_EXPERT;
      return { service, score, why };
    })
    .sort((a, b) => b.score - a.score);
  const suitable = ranked.filter((r) => r.score > 0);
  const asked = suitable.length > 0 ? suitable : question.needsModel ? [] : ranked;
  return asked.map(({ service, score, why }) => ({
    service,
    score,
    why: `${service.card.model.id} ${suitable.length > 0 ? 'was chosen because' : 'was asked although'} ${why}.`,
  }));
}
