import type { TributaryError } from '@tributary/protocol';
import type { FoundStream, Piece } from '../dispatch/streamed.ts';
import type { FoundWhole } from '../dispatch/whole.ts';
import type { Step } from '../route/plan.ts';
import type { Bill } from '../settle/settle-answer.ts';
import type { ParsedChat } from './parse-chat.ts';

/** What is known of an answer when its first word goes out. */
export interface Opening {
  requestId: string;
  createdSeconds: number;
  step: Step;
}

/** A request of one API, understood as the chat request that is routed, hashed and paid, and how its answer is said in that API. */
export interface Asking {
  parsed: ParsedChat;
  /** A whole answer's body. */
  whole(opening: Opening, found: FoundWhole, bill: Bill): string;
  /** A streamed answer, as complete server-sent events (`data: …`, blank line and all). */
  stream(opening: Opening): StreamWriter;
  /** The event that ends a stream which failed after its beginning. */
  failed(error: TributaryError): string;
}

/** Writes the events of one streamed answer, in the order that the API's official clients insist on. */
export interface StreamWriter {
  first(): string;
  piece(piece: Piece): string;
  /** All that is left to say, `[DONE]` or its like included; the receipt is part of it. */
  end(found: FoundStream, bill: Bill): string;
}

/**
 * One API's form of asking: chat completions, responses, messages. A new API is one folder with its own, and a line in `app.ts`.
 * @throws `TributaryError` (400) that names the field at fault as this API calls it
 */
export type ReadAsking = (body: Uint8Array) => Asking;
