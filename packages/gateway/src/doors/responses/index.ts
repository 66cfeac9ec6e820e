import type { ReadAsking } from '../../http/form.ts';
import { parseObject } from '../../http/parse-chat.ts';
import { createResponseWriter, failedAtOnce, type ResponseWriter, responseJson } from './answer.ts';
import { readRequest } from './request.ts';

/** OpenAI's `POST /v1/responses`: text, streams, function calls and structured output. Nothing is stored. */
export const readResponses: ReadAsking = (bytes) => {
  const { asked, parsed } = readRequest(parseObject(bytes));
  let writer: ResponseWriter | undefined;
  return {
    parsed,
    whole: (opening, found, bill) => responseJson(asked, opening, found, bill),
    stream(opening) {
      writer = createResponseWriter(asked, opening);
      return writer;
    },
    failed: (error) => writer?.failed(error) ?? failedAtOnce(error),
  };
};
