import { type Answer, type ChatDelta, type CollectedMessage, collectMessage } from '@tributary/models';
import {
  type AnswerMessage,
  type Attribution,
  type ChatRequest,
  type Citation,
  costOf,
  countTokens,
  type Hex,
  type Hex32,
  hashAnswer,
  hashAttribution,
  hashRequest,
  type Receipt,
  textOf,
  type Usage,
} from '@tributary/protocol';
import type { AnswerSealer } from '@tributary/protocol/sealed';
import type { HotKey } from './hot-key.ts';
import type { Offer } from './service.ts';

/** One request as the gateway put it. */
export interface Asked {
  requestId: Hex32;
  salt: Hex32;
  /** Most that the receipt may charge, base units. */
  maxPrice: bigint;
  /** The body exactly as it came: this is what is hashed. */
  body: Record<string, unknown>;
}

/** One question. */
export interface Question extends Asked {
  chat: ChatRequest;
  /** Seals the answer to a private question. */
  seal?: AnswerSealer;
}

/** A finished answer with its receipt. */
export interface Answered {
  message: CollectedMessage;
  finishReason: Answer['finishReason'];
  usage: Usage;
  citations: Citation[];
  notes: string[];
  outcome: Answer['outcome'];
  attribution: Attribution[];
  receipt: Receipt;
  receiptHash: Hex32;
  signature: Hex;
}

/** Where an answer goes, and how it can be ended early. */
export interface AnswerSink {
  emit(delta: ChatDelta, logprobs?: unknown): void | Promise<void>;
  /** Aborted to end the answer with what there is: a receipt is made for it. */
  stop: AbortSignal;
  /** Aborted when nobody can be told any more: the answer fails, and there is no receipt. */
  gone: AbortSignal;
}

function reasonOf(signal: AbortSignal): Error {
  return signal.reason instanceof Error ? signal.reason : new Error('aborted');
}

/** What an answer that was stopped is worth: the tokens of what was asked and of what had been produced. */
function stoppedAnswer(chat: ChatRequest, message: CollectedMessage): Answer {
  const produced = [message.content, message.refusal, message.reasoning_content].filter(Boolean).join('');
  const calls = message.tool_calls?.map((t) => t.function.name + t.function.arguments).join('') ?? '';
  const asked = chat.messages.reduce((n, m) => n + countTokens(textOf(m.content)), 0);
  return {
    outcome: produced || calls ? 'answered' : 'unknown',
    finishReason: 'stop',
    usage: { promptTokens: asked, completionTokens: countTokens(produced + calls) },
    attribution: [],
    citations: [],
    notes: ['stopped by the gateway'],
  };
}

/** Rejects or resolves as soon as the answer, the stop or the end of the connection comes first. */
function untilStopped(work: Promise<Answer>, sink: AnswerSink): Promise<Answer | 'stopped'> {
  return new Promise((resolve, reject) => {
    const onStop = () => resolve('stopped');
    const onGone = () => reject(reasonOf(sink.gone));
    if (sink.gone.aborted) onGone();
    else if (sink.stop.aborted) onStop();
    sink.stop.addEventListener('abort', onStop, { once: true });
    sink.gone.addEventListener('abort', onGone, { once: true });
    work.then(resolve, reject);
  });
}

/**
 * Asks the expert, and signs the receipt. The price is the card's for the usage reported, never more than
 * `question.maxPrice`; an honest "I don't know" is free. Rejects when the expert fails or the connection is gone.
 */
export async function answerQuestion(
  offer: Offer,
  question: Question,
  sink: AnswerSink,
  key: HotKey,
  nowSeconds: number,
): Promise<Answered> {
  const { expert } = offer;
  const { seal } = question;
  const said = collectMessage();
  const sent = seal ? collectMessage() : said;
  let ended = false;
  const expertAbort = new AbortController();
  const send = (content: string): void | Promise<void> => {
    sent.add({ content });
    return sink.emit({ content });
  };
  const emit = (delta: ChatDelta, logprobs?: unknown): void | Promise<void> => {
    if (ended) return;
    said.add(delta);
    if (!seal) return sink.emit(delta, logprobs);
    return send(seal.piece(logprobs === undefined ? delta : { ...delta, logprobs }));
  };
  let result: Answer | 'stopped';
  try {
    const work = expert.answer(question.chat, { signal: expertAbort.signal, emit });
    // The loser of the race below may reject later, when nobody listens any more.
    work.catch(() => undefined);
    result = await untilStopped(work, sink);
    if (result === 'stopped') expertAbort.abort();
  } catch (error) {
    expertAbort.abort();
    throw error;
  } finally {
    ended = true;
  }
  const answer = result === 'stopped' ? stoppedAnswer(question.chat, said.message()) : result;
  await (seal && send(seal.last({ citations: answer.citations })));
  const message = sent.message();
  const { usage, outcome, attribution } = answer;
  return {
    message,
    finishReason: answer.finishReason,
    usage,
    citations: seal ? [] : answer.citations,
    notes: answer.notes,
    outcome,
    attribution,
    ...signReceipt(offer, question, { message, usage, outcome, attribution }, key, nowSeconds),
  };
}

/** The receipt of an answer, signed. */
export function signReceipt(
  { card }: Offer,
  asked: Asked,
  answer: { message: AnswerMessage; usage: Usage; outcome: Answer['outcome']; attribution: Attribution[] },
  key: HotKey,
  nowSeconds: number,
): { receipt: Receipt; receiptHash: Hex32; signature: Hex } {
  const cost = answer.outcome === 'unknown' ? 0n : costOf(card.price, answer.usage);
  const receipt: Receipt = {
    requestId: asked.requestId,
    service: card.service,
    agentId: card.agentId,
    requestHash: hashRequest(asked.salt, asked.body),
    responseHash: hashAnswer(asked.salt, answer.message),
    modelDigest: card.model.digest,
    promptTokens: answer.usage.promptTokens,
    completionTokens: answer.usage.completionTokens,
    token: card.price.token,
    price: cost < asked.maxPrice ? cost : asked.maxPrice,
    attributionHash: hashAttribution(answer.attribution),
    issuedAt: nowSeconds,
  };
  return { receipt, ...key.signReceipt(receipt) };
}
