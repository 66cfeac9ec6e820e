import { toOpenAi } from '@tributary/protocol';
import { completionJson, createChunkWriter, headOf } from '../../http/completion.ts';
import type { Opening, ReadAsking } from '../../http/form.ts';
import { parseChat } from '../../http/parse-chat.ts';

/** `POST /v1/chat/completions`: OpenAI's chat completions, with OpenRouter's `models`, `provider` and `usage.cost`. */
export const readChat: ReadAsking = (body) => {
  const parsed = parseChat(body);
  const head = (o: Opening) => headOf(o.requestId, o.createdSeconds, o.step);
  return {
    parsed,
    whole: (opening, found, bill) => completionJson(head(opening), found, bill),
    stream(opening) {
      const writer = createChunkWriter(head(opening), parsed.chat.stream_options?.include_usage === true);
      const event = (json: string) => `data: ${json}\n\n`;
      return {
        first: () => event(writer.first()),
        piece: (piece) => event(writer.piece(piece)),
        end: (found, bill) => writer.end(found, bill).map(event).join('') + event('[DONE]'),
      };
    },
    failed: (error) => `data: ${JSON.stringify(toOpenAi(error))}\n\n`,
  };
};
