import { z } from 'zod';
import { AnthropicError, OpenAiError, Problem } from './forms.ts';
import { type Operation, TAGS } from './operation.ts';

type Json = Record<string, unknown>;

/** Schemas by name, collected while operations are described. */
type Components = Record<string, unknown>;

const WRAPPED = 'wrapped';

/** A schema as JSON Schema of what goes over the wire; those with a name go to the components, once. */
function schemaOf(schema: z.ZodType, components: Components): Json {
  // A named schema is only referred to from within another one.
  const whole = z.toJSONSchema(z.object({ [WRAPPED]: schema }), { io: 'input', unrepresentable: 'any' }) as {
    properties: Record<string, Json>;
    $defs?: Record<string, Json>;
  };
  for (const [name, definition] of Object.entries(whole.$defs ?? {})) components[name] = moved(definition);
  return moved(whole.properties[WRAPPED]!) as Json;
}

/** The same with references to where OpenAPI keeps schemas. */
function moved(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(moved);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, v]) =>
      key === '$ref' && typeof v === 'string' ? [key, v.replace('#/$defs/', '#/components/schemas/')] : [key, moved(v)],
    ),
  );
}

function parametersOf(place: 'path' | 'query', schema: z.ZodType | undefined, components: Components): Json[] {
  if (!schema) return [];
  const { properties = {}, required = [] } = schemaOf(schema, components) as {
    properties?: Record<string, Json>;
    required?: string[];
  };
  return Object.entries(properties).map(([name, { description, ...rest }]) => ({
    name,
    in: place,
    required: place === 'path' || required.includes(name),
    ...(description ? { description } : {}),
    schema: rest,
  }));
}

const ERROR_FORMS = {
  openai: { schema: OpenAiError, media: 'application/json' },
  anthropic: { schema: AnthropicError, media: 'application/json' },
  problem: { schema: Problem, media: 'application/problem+json' },
} as const;

function responsesOf(operation: Operation, components: Components): Json {
  const { answer, streams, errors, paid } = operation;
  const content: Json =
    typeof answer === 'string'
      ? { [answer]: { schema: { type: 'string' } } }
      : { 'application/json': { schema: schemaOf(answer, components) } };
  if (streams) content['text/event-stream'] = { schema: { type: 'string', description: streams } };
  const responses: Json = { '200': { description: 'The answer.', content } };
  if (errors === 'none') return responses;
  const { schema, media } = ERROR_FORMS[errors];
  const failure = { [media]: { schema: schemaOf(schema, components) } };
  if (paid) {
    responses['402'] = {
      description: 'Not paid. The header says on what terms it can be: x402 version 2.',
      headers: { 'PAYMENT-REQUIRED': { schema: { type: 'string' }, description: 'Base64 of the x402 offer.' } },
      content: failure,
    };
  }
  responses.default = { description: 'What went wrong.', content: failure };
  return responses;
}

function operationOf(operation: Operation, components: Components): Json {
  const { id, tag, summary, description, params, query, body, paid } = operation;
  const parameters = [...parametersOf('path', params, components), ...parametersOf('query', query, components)];
  return {
    operationId: id,
    tags: [tag],
    summary,
    ...(description ? { description } : {}),
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(body
      ? { requestBody: { required: true, content: { 'application/json': { schema: schemaOf(body, components) } } } }
      : {}),
    responses: responsesOf(operation, components),
    ...(paid ? { security: [{ apiKey: [] }, { x402: [] }] } : {}),
  };
}

/** The OpenAPI 3.1 document of some operations. Amounts are in their form on the wire: decimal strings. */
export function openApiDocument(operations: readonly Operation[], server: { url: string; version: string }): Json {
  const components: Components = {};
  const paths: Record<string, Json> = {};
  for (const operation of operations) {
    const path = paths[operation.path] ?? {};
    path[operation.method] = operationOf(operation, components);
    paths[operation.path] = path;
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Tributary gateway',
      version: server.version,
      description:
        'Questions are answered by competing services and paid answer by answer. Amounts are base units of the token named beside them, as decimal strings; hashes and addresses are lower-case hex.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: server.url }],
    tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
    paths,
    components: {
      schemas: Object.fromEntries(Object.entries(components).sort(([a], [b]) => (a < b ? -1 : 1))),
      securitySchemes: {
        apiKey: { type: 'http', scheme: 'bearer', description: 'An API key is a channel: what it pays is deposited.' },
        x402: { type: 'apiKey', in: 'header', name: 'PAYMENT-SIGNATURE', description: 'x402 version 2.' },
      },
    },
  };
}
