import { EmbeddingsRequest, packVector, TributaryError, toWire } from '@tributary/protocol';
import type { Caller } from '@tributary/work';
import { signReceipt } from '../answer.ts';
import type { NodeState } from '../state.ts';
import { type Admitted, admit, type Kind, refuse } from './admit.ts';

/** Where texts to be turned into vectors come in. */
export const EMBEDDINGS_PATH = '/v1/embeddings';

const EMBEDDINGS: Kind<EmbeddingsRequest> = {
  name: 'embeddings',
  schema: EmbeddingsRequest,
  check(_, request, { model, supports }) {
    if (request.dimensions == null || supports.includes('dimensions')) return;
    throw new TributaryError('unsupported_parameter', `${model.id} does not support dimensions.`, {
      param: 'dimensions',
      hint: 'Leave it out.',
    });
  },
  completionTokens: () => 0,
};

/** The vectors and their receipt as JSON text. */
async function embed(state: NodeState, admitted: Admitted<EmbeddingsRequest>, gone: AbortSignal): Promise<string> {
  const { asked, request, offer, finish } = admitted;
  let signed: ReturnType<typeof signReceipt> | null = null;
  try {
    // A card that says embeddings is made of an expert that has them.
    const { vectors, promptTokens } = await offer.expert.embed!(request, gone);
    gone.throwIfAborted();
    const embeddings = vectors.map(packVector);
    const usage = { promptTokens, completionTokens: 0 };
    const answer = { message: { content: null, embeddings }, usage, outcome: 'answered' as const, attribution: [] };
    signed = signReceipt(offer, asked, answer, state.key, state.nowSeconds());
    const body = JSON.stringify({
      object: 'list',
      data: embeddings.map((embedding, index) => ({ object: 'embedding', index, embedding })),
      model: offer.card.model.id,
      usage: { prompt_tokens: promptTokens, total_tokens: promptTokens },
    });
    const { receipt, signature } = signed;
    return `${body.slice(0, -1)},"tributary":${toWire({ receipt, signature, attribution: [], outcome: 'answered' })}}`;
  } finally {
    finish(signed && { ...signed, outcome: 'answered' });
  }
}

/** `POST /v1/embeddings`. Vectors are always in base64: the gateway says them as its client asked. */
export async function embedForCaller(caller: Caller, state: NodeState): Promise<void> {
  try {
    const admitted = await admit(state, caller, EMBEDDINGS);
    const gone = new AbortController();
    caller.onGone(() => gone.abort(new Error('the gateway hung up')));
    caller.answer(200, { 'content-type': 'application/json' }, await embed(state, admitted, gone.signal));
  } catch (failure) {
    refuse(state, caller, failure);
  }
}
