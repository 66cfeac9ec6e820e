import { type ChatRequest, firstUnmet, requirementsOf, TributaryError } from '@tributary/protocol';

/** Fields that the gateway uses up: a node that sees them is being asked by something else. */
const GATEWAY_ONLY = ['models', 'provider'];

function unsupported(param: string, feature: string, model: string): TributaryError {
  return new TributaryError('unsupported_parameter', `${model} does not support ${feature}.`, {
    param,
    hint: 'Leave it out, or ask a model whose card lists it under supports.',
  });
}

/** Refuses a request that asks for what the service cannot do, naming the field. Such a field is never ignored. */
export function refuseUnsupported(
  body: Record<string, unknown>,
  chat: ChatRequest,
  model: string,
  supports: readonly string[],
): void {
  for (const field of GATEWAY_ONLY) {
    const value = body[field];
    const isGiven = Array.isArray(value) ? value.length > 0 : Boolean(value);
    if (isGiven) throw unsupported(field, `${field}; choosing providers is the gateway's work`, model);
  }
  const unmet = firstUnmet(requirementsOf(body, chat), supports);
  if (unmet) throw unsupported(unmet.param, unmet.feature, model);
}
