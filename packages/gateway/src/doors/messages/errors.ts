import type { TributaryError } from '@tributary/protocol';

/** `type` of an error in Anthropic's API, by HTTP status. */
const TYPES: Record<number, string> = {
  401: 'authentication_error',
  402: 'billing_error',
  403: 'permission_error',
  404: 'not_found_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  503: 'overloaded_error',
  504: 'timeout_error',
};

/** Fields of the chat request that the caller of this API knows by another name. */
const NAMES: Record<string, string> = {
  stop: 'stop_sequences',
  max_completion_tokens: 'max_tokens',
  response_format: 'output_config.format',
  reasoning_effort: 'thinking',
  user: 'metadata.user_id',
};

/** The caller's own name for a field; of a part that a service cannot read only that it is in the messages. */
function nameOf(param: string, code: string): string {
  if (code === 'unsupported_parameter' && /^messages\.\d+\.content\.\d+$/.test(param)) return 'messages';
  return NAMES[param] ?? param;
}

/** The body that Anthropic's clients expect; they show the message alone, so it carries the hint. */
export function toAnthropic(error: TributaryError): {
  type: 'error';
  error: { type: string; message: string; code: string; param: string | null };
} {
  const { status, param, hint, code } = error;
  const name = param === null ? null : nameOf(param, code);
  const told =
    param !== null && error.message.startsWith(param) ? name + error.message.slice(param.length) : error.message;
  return {
    type: 'error',
    error: {
      type: TYPES[status] ?? (status >= 500 ? 'api_error' : 'invalid_request_error'),
      message: hint ? `${told} ${hint}` : told,
      code,
      param: name,
    },
  };
}
