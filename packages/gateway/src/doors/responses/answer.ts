import { type ChatUsage, formatUnits, type TributaryError, toOpenAi } from '@tributary/protocol';
import type { Delta } from '../../dispatch/answer.ts';
import type { FoundWhole } from '../../dispatch/whole.ts';
import { tributaryField, withMember } from '../../http/completion.ts';
import type { Opening, StreamWriter } from '../../http/form.ts';
import type { Step } from '../../route/plan.ts';
import type { Bill } from '../../settle/settle-answer.ts';
import { idOf, responseObject, type Standing, usageOf } from './object.ts';
import { createOutput, type Emit, type Output } from './output.ts';
import type { Asked } from './request.ts';

/** The end of an answer as the response object has it. */
function standingOf(finish: string, output: Output, usage: ChatUsage, bill: Bill): Standing {
  const reason = finish === 'length' ? 'max_output_tokens' : finish === 'content_filter' ? 'content_filter' : undefined;
  output.close(reason !== undefined);
  return {
    status: reason ? 'incomplete' : 'completed',
    output: output.items(),
    completedAt: Math.floor(Date.now() / 1000),
    ...(reason ? { reason } : {}),
    usage: {
      ...usageOf(usage),
      cost: Number(formatUnits(bill.charged)),
      cost_details: { upstream_inference_cost: Number(formatUnits(bill.price)) },
    },
  };
}

/** JSON of the response object at the end, the receipt with it. */
function ended(asked: Asked, opening: Opening, standing: Standing, step: Step, bill: Bill, outcome: string): string {
  const body = JSON.stringify(responseObject(asked, opening, standing));
  return withMember(body, 'tributary', tributaryField(step, bill, outcome));
}

/** A whole answer as a response object. */
export function responseJson(asked: Asked, opening: Opening, found: FoundWhole, bill: Bill): string {
  const { choice, usage, step, evidence } = found;
  const output = createOutput(idOf(opening), () => undefined);
  const { role: _, tool_calls: calls, ...rest } = choice.message;
  // A whole message lists its calls in order and has no indexes.
  const pieces = calls?.map((call, index) => ({ ...(call as object), index }));
  output.take({ ...rest, ...(pieces ? { tool_calls: pieces } : {}) } as Delta, choice.logprobs);
  const standing = standingOf(choice.finish_reason, output, usage, bill);
  return ended(asked, opening, standing, step, bill, evidence.outcome);
}

/** The events of one streamed response. */
export interface ResponseWriter extends StreamWriter {
  /** The events that end a stream which failed after its beginning. */
  failed(error: TributaryError): string;
}

export function createResponseWriter(asked: Asked, opening: Opening): ResponseWriter {
  let sequence = 0;
  let text = '';
  const emit: Emit = (type, fields) => {
    text += `event: ${type}\ndata: ${JSON.stringify({ type, sequence_number: sequence++, ...fields })}\n\n`;
  };
  const output = createOutput(idOf(opening), emit);
  const said = (): string => {
    const now = text;
    text = '';
    return now;
  };
  return {
    first() {
      const response = responseObject(asked, opening, { status: 'in_progress', output: [] });
      emit('response.created', { response });
      emit('response.in_progress', { response });
      return said();
    },
    piece({ delta, logprobs }) {
      output.take(delta, logprobs);
      return said();
    },
    end({ finish, usage, step, evidence }, bill) {
      output.take(finish.delta, finish.logprobs);
      const standing = standingOf(finish.reason, output, usage, bill);
      const type = `response.${standing.status}`;
      const head = JSON.stringify({ type, sequence_number: sequence++ });
      const response = ended(asked, opening, standing, step, bill, evidence.outcome);
      return `${said()}event: ${type}\ndata: ${withMember(head, 'response', response)}\n\ndata: [DONE]\n\n`;
    },
    failed(error) {
      emit('error', errorFields(error));
      const response = responseObject(asked, opening, { status: 'failed', output: output.items(), error });
      emit('response.failed', { response });
      return said();
    },
  };
}

/** An error as clients of both generations look for it: beside `type`, and in an object of its own. */
function errorFields(error: TributaryError): Record<string, unknown> {
  const { message, code, param, type } = toOpenAi(error).error;
  return { code, message, param, error: { type, code, message, param } };
}

/** The event of a stream that failed before any answer began. */
export function failedAtOnce(error: TributaryError): string {
  return `event: error\ndata: ${JSON.stringify({ type: 'error', sequence_number: 0, ...errorFields(error) })}\n\n`;
}
