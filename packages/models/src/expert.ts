import type {
  Address,
  Attribution,
  ChatMessage,
  ChatRequest,
  Citation,
  EmbeddingsRequest,
  Hex32,
  Passage,
  Price,
  ServiceCard,
  Usage,
} from '@tributary/protocol';
import type { z } from 'zod';

/** A piece of a tool call as OpenAI streams it; `index` counts from 0 without holes. */
export interface ToolCallDelta {
  index: number;
  id?: string;
  type?: 'function';
  function?: { name?: string; arguments?: string };
}

/** What an answer grows by: the `delta` of an OpenAI chunk. An answer in one piece is one delta. */
export interface ChatDelta {
  content?: string | null;
  refusal?: string | null;
  reasoning_content?: string;
  tool_calls?: ToolCallDelta[];
  [vendorField: string]: unknown;
}

/** How one question is answered. */
export interface AnswerCall {
  /** Aborted when the client is gone or its time is up; `answer` then rejects soon. */
  signal: AbortSignal;
  /**
   * Takes each delta in order. When it returns a promise the expert waits for it before the next delta (a slow client).
   * `logprobs` belongs into the chunk's choice, beside `delta`.
   */
  emit(delta: ChatDelta, logprobs?: unknown): void | Promise<void>;
}

/** How an answer ended. `answer` rejects with a `TributaryError` instead when it failed; nothing is charged then. */
export interface Answer {
  /** `unknown` is an honest "I don't know": free, and the gateway asks the next service. */
  outcome: 'answered' | 'unknown';
  finishReason: 'stop' | 'length' | 'tool_calls' | 'content_filter' | 'function_call';
  usage: Usage;
  /** Whose data was used; weights sum to exactly 1,000,000, or the list is empty. */
  attribution: Attribution[];
  citations: Citation[];
  /** Plain sentences for the log, such as a correction of an upstream's token counts. */
  notes: string[];
}

/** Texts as vectors, in the order in which they came. */
export interface Embeddings {
  /** All of one length, finite. */
  vectors: readonly Float32Array[];
  promptTokens: number;
  /** Plain sentences for the log. */
  notes: string[];
}

/** An expert with its data loaded, ready to answer any number of questions at once. */
export interface OpenExpert {
  /** Digest of the weights, or of the data and the method; two services of one model have the same. */
  readonly modelDigest: Hex32;
  /** For `ServiceCard.hints`: what the expert's own `suits` reads in the gateway. JSON, at most 64 kB. */
  readonly hints: Record<string, unknown>;
  /** For `ServiceCard.answers`: `chat` unless it says otherwise. With `embeddings` there is `embed`. */
  readonly answers?: readonly ('chat' | 'embeddings')[];
  /** For `ServiceCard.supports`: request fields that are honoured. */
  readonly supports: string[];
  readonly deterministic: boolean;
  readonly contextTokens: number;
  readonly maxOutputTokens: number;
  answer(request: ChatRequest, call: AnswerCall): Promise<Answer>;
  /** Turns texts into vectors. Rejects with a `TributaryError` when it failed; nothing is charged then. */
  embed?(request: EmbeddingsRequest, signal: AbortSignal): Promise<Embeddings>;
  /** Frees sockets and the like. */
  close(): Promise<void>;
}

/** A dataset as an expert reads it. `@tributary/data`'s `readDocuments` gives this but for the asset's address. */
export interface DatasetContent {
  /** The dataset asset. */
  asset: Address;
  name: string;
  /** `manifestDigest` of its manifest. */
  digest: Hex32;
  passages: readonly Passage[];
}

/** One service as `guide` tells people about it. */
export interface ServiceFact {
  model: string;
  name: string;
  description: string;
  provider: string;
  expert: string;
  price: Price;
}

/** What is true of the network right now. */
export interface NetworkFacts {
  /** Base URL that users point their clients at, such as `http://127.0.0.1:8787/v1`. */
  gateway: string;
  chainId: number;
  services: readonly ServiceFact[];
}

/** What the node gives an expert beyond its options. */
export interface ExpertContext {
  /** For experts that answer from a dataset. */
  dataset?: DatasetContent;
  /** For `guide`; called for each answer. */
  facts?: () => NetworkFacts;
}

/** A question prepared once for all cards; see `routing/question.ts`. */
export interface Question {
  /** The last user message. */
  text: string;
  /** Lower-case words and numbers in order. */
  words: readonly string[];
  /** Stems of the words that carry meaning, without repeats, in order. */
  terms: readonly string[];
  /** Those of them that are names, told by their capital letters. */
  names: ReadonlySet<string>;
  /** True when the request brings tools or asks for a format that only a language model can give. */
  needsModel: boolean;
  messages: readonly ChatMessage[];
}

/** The part of a card that routing looks at. */
export type RoutedCard = Pick<ServiceCard, 'expert' | 'model' | 'supports' | 'hints'>;

/** How well a service suits a question. */
export interface Suitability {
  /** 0 (do not ask) to 1 (made for it). */
  score: number;
  /** A clause that follows "because", such as "the question is a calculation". */
  why: string;
}

/**
 * A kind of answering. Adding one is one file in `experts/` and one line in `experts/index.ts`.
 * `suits` runs in the gateway on a stranger's card: pure, quick (well below a millisecond), never throwing.
 */
export interface Expert<Options = unknown> {
  /** `ServiceCard.expert`. */
  name: string;
  /** Parses the options of a node's configuration. */
  options: z.ZodType<Options>;
  suits(question: Question, card: RoutedCard): Suitability;
  /** Loads what it needs. Throws a `TributaryError` when the options or the context do not do. */
  open(options: Options, context: ExpertContext): Promise<OpenExpert>;
}
