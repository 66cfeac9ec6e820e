import { canonicalJson, formatUnits, questionOf, sha256Hex, TributaryError } from '@tributary/protocol';
import { z } from 'zod';
import type { Expert, NetworkFacts, OpenExpert, Question, ServiceFact, Suitability } from '../expert.ts';
import { PLAIN_SUPPORTS, plainAnswer } from './plain-answer.ts';

const GuideOptions = z.strictObject({});
type GuideOptions = z.infer<typeof GuideOptions>;

/** What people ask a guide. */
type Topic = 'greeting' | 'thanks' | 'farewell' | 'identity' | 'ability' | 'services' | 'prices' | 'joining' | 'using';

const LEAD = String.raw`^\W*(?:(?:ok|okay|well|so|and|please|hi|hello|hey)\W+)*`;
const END = String.raw`(?:\s+(?:there|again|all|everyone|everybody|today|now|please|right now|at the moment|currently|exactly|anyway|tributary))*\W*$`;

function whole(pattern: string): RegExp {
  return new RegExp(`${LEAD}(?:${pattern})${END}`, 'i');
}

const SERVICE = `(?:services?|models?|experts?|providers?)`;
const CAN = `(?:do you (?:have|offer)|are (?:there|available|offered|online|running|listed)|can i (?:ask|use|choose(?: from)?|call)|(?:is|are) (?:currently )?(?:on offer|here))`;

const TOPICS: readonly (readonly [Topic, RegExp])[] = [
  [
    'greeting',
    whole(
      `hi+|hello+|hey+|hiya|howdy|yo|greetings|welcome|good (?:morning|afternoon|evening|day)|how are you(?: doing)?|how(?:'s| is) it going|how do you do|what'?s up|nice to meet you|test(?:ing)?|ping`,
    ),
  ],
  [
    'thanks',
    whole(
      `(?:many )?thanks(?: a lot| so much| very much)?|thank you(?: so much| very much)?|thx|cheers|great|good job|well done|cool|nice|awesome`,
    ),
  ],
  ['farewell', whole(`bye(?: bye)?|good ?bye|see you(?: later| soon)?|good night|farewell|take care`)],
  [
    'identity',
    whole(
      `who (?:are|made|built|created) you|what are you|what(?:'s| is) your name|(?:please )?introduce yourself|tell me about yourself|are you (?:a |an )?(?:human|person|bot|robot|ai|machine|real|chatgpt|gpt|claude|llama)(?: or .{1,20})?|am i (?:talking|speaking|chatting) (?:to|with) .{1,30}|which (?:model|ai) (?:are you|is this|am i (?:talking|speaking) to)|what (?:model|ai) (?:are you|is this)`,
    ),
  ],
  [
    'ability',
    whole(
      `help(?: me)?|what can (?:you|i) (?:do|ask|help(?: me)? with|answer)(?: (?:you|here|me|for me))*|what do you (?:do|know|offer)|how can you help(?: me)?|what are you (?:good|able|made|for).{0,20}|can you help(?: me)?|how does this work`,
    ),
  ],
  [
    'prices',
    whole(
      `(?:how much|what) (?:does|do|will|would|is) (?:it|you|this|a question|asking|an answer|one question|the price|(?:each|every|the) ${SERVICE}) ?(?:cost|charge|costs)?(?: me)?(?: (?:to ask(?: you)?(?: (?:a |one )?question)?|per question|for (?:a|one) question|here))?|what are (?:the |your )?(?:current )?prices(?: here| of .{1,40})?|(?:show|list|give)(?: me)? (?:the |all |your )?prices|how expensive are you|is (?:this|it) free|which ${SERVICE} is (?:the )?(?:cheapest|least expensive|most expensive)`,
    ),
  ],
  [
    'services',
    whole(
      `(?:which|what)(?: (?:other|kinds? of|sorts? of|ai))? ${SERVICE} ${CAN}(?: .{0,30})?|(?:list|show)(?: me)? (?:all |the |your |available )*${SERVICE}(?: .{0,30})?|how many (?:different )?${SERVICE} (?:are (?:there|available|online|running)|do you have)(?: .{0,20})?|what(?:'s| is) available|who (?:is|are) (?:online|providing|answering)(?: .{0,20})?`,
    ),
  ],
  [
    'joining',
    whole(
      `how (?:can|do|could|would) i (?:join|take part|participate|sign up|register)(?: in)?(?: (?:you|this|here|the|network|it|tributary))*`,
    ),
  ],
  [
    'using',
    whole(
      `(?:what(?:'s| is) (?:the|your) (?:base ?url|api url|endpoint|gateway url|url)|(?:which|what) url .{0,40}|how do i (?:connect|use you|use this|call you|ask you)(?: .{0,30})?|what(?:'s| is) (?:the|your) chain ?id)`,
    ),
  ],
];

function topicOf(text: string): Topic | undefined {
  if (text.length > 160) return undefined;
  return TOPICS.find(([, pattern]) => pattern.test(text))?.[0];
}

function priceText({ price }: ServiceFact): string {
  const parts: string[] = [];
  if (price.perRequest > 0n) parts.push(`${formatUnits(price.perRequest)} dollars an answer`);
  if (price.perMillionPrompt > 0n) parts.push(`${formatUnits(price.perMillionPrompt)} dollars a million prompt tokens`);
  if (price.perMillionCompletion > 0n)
    parts.push(`${formatUnits(price.perMillionCompletion)} dollars a million answer tokens`);
  return parts.length > 0 ? parts.join(' + ') : 'free';
}

function serviceList(facts: NetworkFacts, withDescription: boolean): string {
  if (facts.services.length === 0) return 'No service is online at the moment.';
  return facts.services
    .map(
      (s) =>
        `- ${s.model} by ${s.provider}${withDescription && s.description ? `: ${s.description}` : ''} (${priceText(s)})`,
    )
    .join('\n');
}

const WHAT =
  'Tributary is an open network that turns people’s data, computers and models into AI answers and pays every one of them for each answer.';
const JOIN =
  'To take part with a computer and its models: npx tributary provide --upstream URL. With documents: npx tributary publish DIR. What they earn: npx tributary earnings.';

function tell(topic: Topic, facts: NetworkFacts): string {
  switch (topic) {
    case 'greeting':
      return `Hello! ${WHAT} Ask me a question; model "auto" picks the service that suits it best.`;
    case 'thanks':
      return 'You are welcome.';
    case 'farewell':
      return 'Goodbye!';
    case 'identity':
      return `I am the guide of this Tributary network, a small program and not a language model. ${WHAT}`;
    case 'ability':
      return `These services answer here; model "auto" picks among them:\n${serviceList(facts, true)}`;
    case 'services':
      return `${facts.services.length === 1 ? 'One service is' : `${facts.services.length} services are`} online:\n${serviceList(facts, true)}`;
    case 'prices':
      return `Prices now:\n${serviceList(facts, false)}\nAn honest "I don’t know" and a failed answer cost nothing.`;
    case 'joining':
      return `${JOIN}\nThis network is chain ${facts.chainId}; its gateway is ${facts.gateway}.`;
    case 'using':
      return `Point any OpenAI client at ${facts.gateway} with your API key. The chain id is ${facts.chainId}.`;
  }
}

function unknown(facts: NetworkFacts): string {
  const models = [...new Set(facts.services.filter((s) => s.expert !== 'guide').map((s) => s.model))];
  const others = models.length > 0 ? ` Services here: ${models.join(', ')}.` : '';
  return `I don’t know: no service of this network can answer that, so nothing is charged.${others} Connect a language model with: npx tributary provide --upstream http://127.0.0.1:11434/v1`;
}

function openGuide(facts: () => NetworkFacts): OpenExpert {
  return {
    modelDigest: sha256Hex(canonicalJson({ method: 'guide-1' })),
    hints: {},
    supports: PLAIN_SUPPORTS,
    // It tells what is true now.
    deterministic: false,
    contextTokens: 16_384,
    maxOutputTokens: 2_048,
    async answer(request, call) {
      const topic = topicOf(questionOf(request.messages));
      const now = facts();
      if (topic === undefined) return plainAnswer(request, call, unknown(now), { outcome: 'unknown' });
      return plainAnswer(request, call, tell(topic, now));
    },
    close: async () => {},
  };
}

function suits(question: Question): Suitability {
  if (question.needsModel) return { score: 0, why: 'the guide brings no tools' };
  const topic = topicOf(question.text);
  if (topic === undefined)
    return { score: 0.05, why: 'nothing here suits the question better than saying so honestly' };
  const social = topic === 'greeting' || topic === 'thanks' || topic === 'farewell';
  return { score: 0.97, why: social ? 'the message is small talk' : 'the question is about this network itself' };
}

/** Greets, tells about the network from live facts, and says "I don't know" for everything that nobody else takes. */
export const guide: Expert<GuideOptions> = {
  name: 'guide',
  options: GuideOptions,
  suits,
  open: async (_options, { facts }) => {
    if (!facts) throw new TributaryError('facts_missing', 'The guide needs the network’s facts.', { status: 500 });
    return openGuide(facts);
  },
};
