import { toOpenAi } from '@tributary/protocol';
import type { ReadAsking } from '../../http/form.ts';
import { parseObject } from '../../http/parse-chat.ts';
import { completionJson, createTextWriter } from './answer.ts';
import { readRequest } from './request.ts';

/** OpenAI's older `POST /v1/completions`: a prompt, answered as a message of a chat would be. */
export const readCompletions: ReadAsking = (bytes) => {
  const { asked, parsed } = readRequest(parseObject(bytes));
  return {
    parsed,
    whole: (opening, found, bill) => completionJson(asked, opening, found, bill),
    stream: (opening) => createTextWriter(asked, opening),
    failed: (error) => `data: ${JSON.stringify(toOpenAi(error))}\n\n`,
  };
};
