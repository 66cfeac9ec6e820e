import { z } from 'zod';

/** Content blocks of Anthropic's Messages API. Strict: what we do not know might change the answer, so it is refused by name. */

/** A hint: there is no cache to steer. */
const CacheControl = z.unknown().optional();
const Text = z.string().max(4 * 1024 * 1024);
/** Not zod's own: its pattern needs a stack as deep as the text is long. */
const Base64 = z.string().regex(/^[A-Za-z0-9+/]+={0,2}$/, 'expected base64');
const Id = z.string().min(1).max(256);

export const TextBlock = z.strictObject({
  type: z.literal('text'),
  text: Text,
  cache_control: CacheControl,
  /** Clients send our own citations back. */
  citations: z.unknown().optional(),
});

const ImageBlock = z.strictObject({
  type: z.literal('image'),
  source: z.discriminatedUnion('type', [
    z.strictObject({
      type: z.literal('base64'),
      media_type: z.enum(['image/jpeg', 'image/png', 'image/gif', 'image/webp']),
      data: Base64,
    }),
    z.strictObject({ type: z.literal('url'), url: z.url({ protocol: /^https?$/ }).max(8192) }),
  ]),
  cache_control: CacheControl,
});

const DocumentBlock = z.strictObject({
  type: z.literal('document'),
  source: z.discriminatedUnion('type', [
    z.strictObject({ type: z.literal('base64'), media_type: z.literal('application/pdf'), data: Base64 }),
    z.strictObject({ type: z.literal('text'), media_type: z.literal('text/plain'), data: Text }),
    z.strictObject({
      type: z.literal('content'),
      content: z.union([z.string(), z.array(z.discriminatedUnion('type', [TextBlock, ImageBlock])).max(256)]),
    }),
  ]),
  title: z.string().max(500).nullish(),
  context: Text.nullish(),
  citations: z.strictObject({ enabled: z.literal(false).optional() }).nullish(),
  cache_control: CacheControl,
});

const ToolResultBlock = z.strictObject({
  type: z.literal('tool_result'),
  tool_use_id: Id,
  content: z
    .union([z.string(), z.array(z.discriminatedUnion('type', [TextBlock, ImageBlock, DocumentBlock])).max(256)])
    .optional(),
  is_error: z.boolean().optional(),
  cache_control: CacheControl,
});

const ToolUseBlock = z.strictObject({
  type: z.literal('tool_use'),
  id: Id,
  name: z.string().min(1).max(256),
  input: z.record(z.string(), z.unknown()),
  cache_control: CacheControl,
  caller: z.looseObject({ type: z.literal('direct') }).optional(),
});

const ThinkingBlock = z.strictObject({
  type: z.literal('thinking'),
  thinking: Text,
  signature: z.string().optional(),
});

const RedactedThinkingBlock = z.strictObject({ type: z.literal('redacted_thinking'), data: z.string() });

export const UserBlock = z.discriminatedUnion('type', [TextBlock, ImageBlock, DocumentBlock, ToolResultBlock]);
export type UserBlock = z.infer<typeof UserBlock>;

export const AssistantBlock = z.discriminatedUnion('type', [
  TextBlock,
  ToolUseBlock,
  ThinkingBlock,
  RedactedThinkingBlock,
]);
export type AssistantBlock = z.infer<typeof AssistantBlock>;

export type ToolResult = z.infer<typeof ToolResultBlock>;
/** What can be shown to a model: text, images and documents. */
export type Shown = Exclude<UserBlock, ToolResult>;
