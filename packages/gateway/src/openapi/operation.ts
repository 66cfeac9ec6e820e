import type { z } from 'zod';

/** One thing that can be asked of the gateway over HTTP, as the OpenAPI document describes it. */
export interface Operation {
  /** Unique name, camelCase. */
  id: string;
  method: 'get' | 'post' | 'delete';
  /** With `{name}` where a member of `params` goes. */
  path: string;
  tag: keyof typeof TAGS;
  summary: string;
  description?: string;
  params?: z.ZodType;
  query?: z.ZodType;
  /** The JSON body. */
  body?: z.ZodType;
  /** The JSON answer; a media type for an answer that is none. */
  answer: z.ZodType | string;
  /** What the events of a streamed answer are, where the body can ask for one. */
  streams?: string;
  /** Whose form errors have. */
  errors: 'openai' | 'anthropic' | 'problem' | 'none';
  /** The caller pays: 402 carries an offer. */
  paid?: boolean;
}

export const TAGS = {
  ask: 'Questions, in the APIs that clients already speak. Paid answer by answer.',
  models: 'What can be asked.',
  explore: 'What everybody may know: assets, money, receipts, the chain. No text of any answer, no salts.',
  agents: 'Doors for agents.',
  operate: 'For those who run the gateway.',
} as const;
