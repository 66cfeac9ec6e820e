import type { ChatDelta } from '@tributary/models';
import { ChatRequest, type Hex32, NODE_HEADERS, TributaryError, toOpenAi } from '@tributary/protocol';
import { SealedQuestion } from '@tributary/protocol/sealed';
import type { Caller } from '@tributary/work';
import { type Answered, answerQuestion, type Question } from '../answer.ts';
import type { NodeState } from '../state.ts';
import { refuseUnsupported } from '../unsupported.ts';
import { type Admitted, admit, type Kind, refuse } from './admit.ts';
import type { NodeApp } from './app.ts';
import { completionJson, createChunkWriter } from './chunks.ts';
import { asTributaryError, invalid } from './errors.ts';

/** Where questions come in. */
export const QUESTION_PATH = '/v1/chat/completions';

const SSE_HEADERS = { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' };
const JSON_HEADERS = { 'content-type': 'application/json' };

/** What the chat door asks of a request before it is taken. */
const CHAT: Kind<ChatRequest> = {
  name: 'chat',
  schema: ChatRequest,
  check: (body, chat, { model, supports }) => refuseUnsupported(body, chat, model.id, supports),
  completionTokens: (chat) => chat.max_completion_tokens ?? chat.max_tokens ?? Number.POSITIVE_INFINITY,
};

interface AdmittedQuestion extends Pick<Admitted<ChatRequest>, 'offer' | 'stop' | 'finish'> {
  question: Question;
}

/** What the gateway may know of a private question stands outside; what it must not, inside. */
function unsealed(outer: ChatRequest, inner: Record<string, unknown>): Record<string, unknown> {
  const { model, stream, max_tokens, max_completion_tokens } = outer;
  return { ...inner, model, stream, max_tokens, max_completion_tokens };
}

/** An error without the words of those who read a private question: the gateway must not read them either. */
function hushed(failure: unknown): TributaryError {
  const { code, status, retryable, retryAfterSeconds } = asTributaryError(failure);
  return new TributaryError(code, 'The private question was not answered.', {
    status,
    retryable,
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
    cause: failure,
  });
}

/** Understands the question, opening it where it is sealed. */
async function open(state: NodeState, admitted: Admitted<ChatRequest>): Promise<AdmittedQuestion> {
  const { asked, request, ...rest } = admitted;
  if (request.sealed === undefined) return { question: { ...asked, chat: request }, ...rest };
  try {
    const sealed = SealedQuestion.safeParse(asked.body);
    if (!sealed.success) throw invalid(sealed.error);
    const { card } = rest.offer;
    const { question, answer: seal } = await state.opener.open(card.service, sealed.data);
    const body = unsealed(request, question);
    const parsed = ChatRequest.safeParse(body);
    if (!parsed.success) throw invalid(parsed.error);
    CHAT.check(body, parsed.data, card);
    return { question: { ...asked, chat: parsed.data, seal }, ...rest };
  } catch (error) {
    rest.finish(null);
    throw hushed(error);
  }
}

async function answerWhole(state: NodeState, caller: Caller, admitted: AdmittedQuestion): Promise<void> {
  const gone = new AbortController();
  caller.onGone(() => gone.abort(new Error('the gateway hung up')));
  let answered: Answered | null = null;
  try {
    const sink = { emit: () => undefined, stop: admitted.stop.signal, gone: gone.signal };
    answered = await answerQuestion(admitted.offer, admitted.question, sink, state.key, state.nowSeconds());
  } finally {
    admitted.finish(answered);
  }
  const { requestId } = admitted.question;
  const model = admitted.offer.card.model.id;
  caller.answer(200, JSON_HEADERS, completionJson(requestId, model, state.nowSeconds(), answered));
}

/**
 * Writes the answer event by event. The first event goes out with the expert's first word, so a failure before it still has a
 * status of its own and the gateway can go elsewhere.
 */
async function answerStreamed(state: NodeState, caller: Caller, admitted: AdmittedQuestion): Promise<void> {
  const { question, offer, stop } = admitted;
  const writer = createChunkWriter(question.requestId, offer.card.model.id, state.nowSeconds());
  const gone = new AbortController();
  caller.onGone(() => gone.abort(new Error('the gateway hung up')));
  let begun = false;
  const begin = () => {
    if (begun) return;
    begun = true;
    caller.open(SSE_HEADERS);
    void caller.write(writer.first());
  };
  const emit = (delta: ChatDelta, logprobs?: unknown): void | Promise<void> => {
    begin();
    return caller.write(writer.delta(delta, logprobs));
  };
  let answered: Answered | null = null;
  try {
    const sink = { emit, stop: stop.signal, gone: gone.signal };
    answered = await answerQuestion(offer, question, sink, state.key, state.nowSeconds());
  } catch (failure) {
    if (!begun && !gone.signal.aborted) throw failure;
    const error = question.seal ? hushed(failure) : asTributaryError(failure);
    if (!gone.signal.aborted)
      state.log.warn({ err: failure, requestId: question.requestId }, 'an answer failed midway');
    void caller.write(`data: ${JSON.stringify(toOpenAi(error))}\n\n`);
    caller.end();
  } finally {
    admitted.finish(answered);
  }
  if (answered) {
    begin();
    void caller.write(writer.end(answered).join(''));
    caller.end();
  }
}

/** `POST /v1/chat/completions`. */
export async function answerCaller(caller: Caller, state: NodeState): Promise<void> {
  try {
    const admitted = await open(state, await admit(state, caller, CHAT));
    const { chat, seal } = admitted.question;
    const answer = chat.stream ? answerStreamed : answerWhole;
    await answer(state, caller, admitted).catch((failure: unknown) => {
      throw seal ? hushed(failure) : failure;
    });
  } catch (failure) {
    refuse(state, caller, failure);
  }
}

/** `DELETE /v1/chat/completions/{requestId}`: the gateway's client has gone. */
export function stopRoute(app: NodeApp, state: NodeState): void {
  app.delete(`${QUESTION_PATH}/:requestId`, (c) => {
    const session = state.tokens.read(c.req.header(NODE_HEADERS.session), state.nowSeconds());
    const running = state.running.get(c.req.param('requestId').toLowerCase() as Hex32);
    if (running?.channelId !== session.channelId) {
      throw new TributaryError('request_not_found', 'No such request is being answered.', { status: 404 });
    }
    running.stop.abort();
    return c.body(null, 202);
  });
}
