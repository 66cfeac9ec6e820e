import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type ChatMessage, type ChatRequest, type Hex32, TributaryError, textOf } from '@tributary/protocol';
import { z } from 'zod';
import type { Answer, AnswerCall, Expert, OpenExpert } from '../expert.ts';

/** The version this file was tried with; an optional package, 700 MB with all its back ends, so it is not installed by itself. */
const PACKAGE = 'node-llama-cpp';
const TRIED_VERSION = '3.22.1';

const GgufOptions = z.strictObject({
  /** A model file of llama.cpp. */
  file: z.string().min(1).max(4096),
  contextTokens: z.number().int().min(128).max(1_000_000).default(4_096),
  maxOutputTokens: z.number().int().min(1).max(1_000_000).default(1_024),
  /** Questions answered at once; each has a context of its own in memory. Others wait. */
  parallel: z.number().int().min(1).max(64).default(2),
  /** `auto` takes the best of Metal, CUDA and Vulkan. */
  gpu: z.union([z.literal('auto'), z.literal(false)]).default('auto'),
});
type GgufOptions = z.infer<typeof GgufOptions>;

/** The part of the package that is used here, so that this compiles without it. */
interface Llama {
  loadModel(options: { modelPath: string }): Promise<Model>;
  dispose(): Promise<void>;
}
interface Model {
  readonly trainContextSize: number;
  createContext(options: { contextSize: number; sequences: number }): Promise<{ getSequence(): Sequence }>;
}
interface Sequence {
  readonly tokenMeter: { readonly usedInputTokens: number; readonly usedOutputTokens: number };
  clearHistory(): Promise<void>;
}
type HistoryItem = { type: 'system' | 'user'; text: string } | { type: 'model'; response: string[] };
interface Session {
  setChatHistory(history: HistoryItem[]): void;
  promptWithMeta(prompt: string, options: Record<string, unknown>): Promise<{ stopReason: string }>;
  dispose(options: { disposeSequence: boolean }): void;
}
interface Package {
  getLlama(options: { build: 'never'; gpu: 'auto' | false; logLevel: 'error' }): Promise<Llama>;
  LlamaChatSession: new (options: { contextSequence: Sequence }) => Session;
}

async function loadPackage(): Promise<Package> {
  try {
    return (await import(PACKAGE)) as Package;
  } catch (cause) {
    throw new TributaryError('package_missing', `Model files need the package ${PACKAGE}, which is not installed.`, {
      cause,
      hint: `Run: npm install --no-save ${PACKAGE}@${TRIED_VERSION}`,
    });
  }
}

/** SHA-256 of the weights: two services of the same file serve the same model. @throws `model_unreadable` */
async function digestOf(file: string): Promise<Hex32> {
  const hash = createHash('sha256');
  try {
    for await (const bytes of createReadStream(file)) hash.update(bytes as Buffer);
  } catch (cause) {
    throw unreadable(file, cause);
  }
  return `0x${hash.digest('hex')}`;
}

function unreadable(file: string, cause: unknown): TributaryError {
  return new TributaryError('model_unreadable', `The model file ${file} cannot be loaded.`, {
    param: 'file',
    cause,
    hint: 'Give a GGUF file that llama.cpp can read.',
  });
}

function historyItem(message: ChatMessage): HistoryItem {
  const text = textOf(message.content);
  if (message.role === 'assistant') return { type: 'model', response: [text] };
  return { type: message.role === 'user' ? 'user' : 'system', text };
}

/** Earlier messages, and the last one, which must be the user's. */
function conversation(request: ChatRequest): { history: HistoryItem[]; prompt: string } {
  const last = request.messages.at(-1)!;
  if (last.role !== 'user') {
    throw new TributaryError('invalid_value', 'The last message must be the user’s.', { param: 'messages' });
  }
  return { history: request.messages.slice(0, -1).map(historyItem), prompt: textOf(last.content) };
}

/** Hands out what there is, in the order of asking. */
function createPool<T>(items: T[]): { take(signal: AbortSignal): Promise<T>; give(item: T): void } {
  const waiting: ((item: T) => void)[] = [];
  return {
    take(signal) {
      signal.throwIfAborted();
      const item = items.pop();
      if (item !== undefined) return Promise.resolve(item);
      return new Promise((resolve, reject) => {
        const onAbort = () => {
          waiting.splice(waiting.indexOf(taken), 1);
          reject(signal.reason);
        };
        const taken = (given: T) => {
          signal.removeEventListener('abort', onAbort);
          resolve(given);
        };
        waiting.push(taken);
        signal.addEventListener('abort', onAbort, { once: true });
      });
    },
    give(item) {
      const next = waiting.shift();
      if (next) next(item);
      else items.push(item);
    },
  };
}

async function openGguf(options: GgufOptions): Promise<OpenExpert> {
  const { LlamaChatSession, getLlama } = await loadPackage();
  const modelDigest = await digestOf(options.file);
  const llama = await getLlama({ build: 'never', gpu: options.gpu, logLevel: 'error' });
  const model = await llama.loadModel({ modelPath: options.file }).catch((cause: unknown) => {
    throw unreadable(options.file, cause);
  });
  const contextTokens = Math.min(options.contextTokens, model.trainContextSize);
  const maxOutputTokens = Math.min(options.maxOutputTokens, contextTokens);
  const context = await model.createContext({ contextSize: contextTokens, sequences: options.parallel });
  const sequences = createPool(Array.from({ length: options.parallel }, () => context.getSequence()));

  async function answer(request: ChatRequest, call: AnswerCall): Promise<Answer> {
    const { history, prompt } = conversation(request);
    const asked = request.max_completion_tokens ?? request.max_tokens ?? maxOutputTokens;
    const sequence = await sequences.take(call.signal);
    const before = { ...meter(sequence) };
    const session = new LlamaChatSession({ contextSequence: sequence });
    let emitted: Promise<void> = Promise.resolve();
    try {
      session.setChatHistory(history);
      const { stopReason } = await session.promptWithMeta(prompt, {
        maxTokens: Math.min(asked, maxOutputTokens),
        signal: call.signal,
        // Its text comes without waiting, so the pieces wait for one another here.
        onTextChunk: (content: string) => {
          emitted = emitted.then(() => call.emit({ content }));
        },
        ...(request.temperature == null ? {} : { temperature: request.temperature }),
        ...(request.top_p == null ? {} : { topP: request.top_p }),
        ...(request.seed == null ? {} : { seed: request.seed }),
        ...(request.stop == null ? {} : { customStopTriggers: [request.stop].flat() }),
      });
      await emitted;
      const after = meter(sequence);
      return {
        outcome: 'answered',
        finishReason: stopReason === 'maxTokens' ? 'length' : 'stop',
        usage: { promptTokens: after.input - before.input, completionTokens: after.output - before.output },
        attribution: [],
        citations: [],
        notes: [],
      };
    } catch (cause) {
      if (call.signal.aborted) throw call.signal.reason;
      throw new TributaryError('model_failed', 'The model failed to answer.', { status: 502, retryable: true, cause });
    } finally {
      emitted.catch(() => undefined);
      session.dispose({ disposeSequence: false });
      // Nothing of one caller's question may be left for the next one.
      await sequence.clearHistory();
      sequences.give(sequence);
    }
  }

  return {
    modelDigest,
    hints: {},
    supports: ['temperature', 'top_p', 'seed', 'stop'],
    deterministic: false,
    contextTokens,
    maxOutputTokens,
    answer,
    close: () => llama.dispose(),
  };
}

function meter(sequence: Sequence): { input: number; output: number } {
  const { usedInputTokens: input, usedOutputTokens: output } = sequence.tokenMeter;
  return { input, output };
}

/** Answers by a model file of llama.cpp inside this process, without any server. */
export const gguf: Expert<GgufOptions> = {
  name: 'gguf',
  options: GgufOptions,
  suits(question) {
    if (question.needsModel) return { score: 1, why: 'the request needs a language model' };
    return { score: 0.4, why: 'a language model can try any question' };
  },
  open: openGguf,
};
