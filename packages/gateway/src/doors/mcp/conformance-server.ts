import { setTimeout as pause } from 'node:timers/promises';
import {
  acceptedContent,
  type CallToolResult,
  completable,
  createRequestStateCodec,
  type ElicitRequestFormParams,
  inputRequired,
  inputResponse,
  McpServer,
  ResourceTemplate,
  type ServerContext,
} from '@modelcontextprotocol/server';
import { z } from 'zod';

/**
 * What the official conformance suite expects to find on a server: its tools, resources and prompts. It tests the door around
 * them; the gateway itself has none of these.
 */

// One red pixel, and a sound of no samples.
const PIXEL = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==';
const SILENCE = 'UklGRiQAAABXQVZFZm10IBAAAAABAAEAQB8AAIA+AAACABAAZGF0YQAAAAA=';

const say = (text: string): CallToolResult => ({ content: [{ type: 'text', text }] });
const image = { type: 'image', data: PIXEL, mimeType: 'image/png' } as const;
const form = (properties: object, required: string[]) =>
  ({ type: 'object', properties, required }) as ElicitRequestFormParams['requestedSchema'];
const text = { type: 'string' };

/** Signs what round-trips through the client; one key for the life of the test. */
const states = createRequestStateCodec<{ step: number }>({ key: new Uint8Array(32).fill(7), ttlSeconds: 60 });

type Handler = (context: ServerContext) => CallToolResult | ReturnType<typeof inputRequired> | Promise<CallToolResult>;

function addContent(server: McpServer): void {
  const tool = (name: string, handler: Handler) =>
    server.registerTool(name, { description: name, inputSchema: z.object({}) }, async (_, context) => handler(context));

  tool('test_simple_text', () => say('This is a simple text response for testing.'));
  tool('test_image_content', () => ({ content: [image] }));
  tool('test_audio_content', () => ({ content: [{ type: 'audio', data: SILENCE, mimeType: 'audio/wav' }] }));
  tool('test_embedded_resource', () => ({
    content: [
      {
        type: 'resource',
        resource: {
          uri: 'test://embedded-resource',
          mimeType: 'text/plain',
          text: 'This is an embedded resource content.',
        },
      },
    ],
  }));
  tool('test_multiple_content_types', () => ({
    content: [
      { type: 'text', text: 'Multiple content types test:' },
      image,
      {
        type: 'resource',
        resource: {
          uri: 'test://mixed-content-resource',
          mimeType: 'application/json',
          text: JSON.stringify({ test: 'data', value: 123 }),
        },
      },
    ],
  }));
  tool('test_error_handling', () => {
    throw new Error('This tool intentionally returns an error for testing');
  });
  tool('test_tool_with_logging', async ({ mcpReq }) => {
    for (const data of ['Tool execution started', 'Tool processing data', 'Tool execution completed']) {
      await mcpReq.notify({ method: 'notifications/message', params: { level: 'info', data } });
      await pause(50);
    }
    return say('Logged.');
  });
  // Asked without a log level, it says nothing.
  tool('test_logging_tool', async ({ mcpReq }) => {
    await mcpReq.log('info', 'only for those who asked');
    return say('Logged.');
  });
  tool('test_tool_with_progress', async ({ mcpReq }) => {
    const progressToken = mcpReq._meta?.progressToken;
    for (const progress of [0, 50, 100]) {
      if (progressToken !== undefined)
        await mcpReq.notify({ method: 'notifications/progress', params: { progressToken, progress, total: 100 } });
      await pause(50);
    }
    return say('Done.');
  });
}

function addQuestionsBack(server: McpServer): void {
  const elicit = (name: string, requestedSchema: ElicitRequestFormParams['requestedSchema']) =>
    server.registerTool(name, { description: name, inputSchema: z.object({}) }, async (_, { mcpReq }) => {
      const { action, content } = await mcpReq.elicitInput({ message: 'Please fill in', requestedSchema });
      return say(`Elicitation completed: action=${action}, content=${JSON.stringify(content ?? {})}`);
    });

  server.registerTool(
    'test_sampling',
    { description: 'test_sampling', inputSchema: z.object({ prompt: z.string() }) },
    async ({ prompt }, { mcpReq }) => {
      const { content } = await mcpReq.requestSampling({
        messages: [{ role: 'user', content: { type: 'text', text: prompt } }],
        maxTokens: 100,
      });
      return say(`LLM response: ${'text' in content ? content.text : ''}`);
    },
  );
  server.registerTool(
    'test_elicitation',
    { description: 'test_elicitation', inputSchema: z.object({ message: z.string() }) },
    async ({ message }, { mcpReq }) => {
      const requestedSchema = form({ username: text, email: text }, ['username', 'email']);
      const { action, content } = await mcpReq.elicitInput({ message, requestedSchema });
      return say(`User response: action=${action}, content=${JSON.stringify(content ?? {})}`);
    },
  );
  elicit(
    'test_elicitation_sep1034_defaults',
    form(
      {
        name: { type: 'string', default: 'John Doe' },
        age: { type: 'integer', default: 30 },
        score: { type: 'number', default: 95.5 },
        status: { type: 'string', enum: ['active', 'inactive', 'pending'], default: 'active' },
        verified: { type: 'boolean', default: true },
      },
      [],
    ),
  );
  const options = ['option1', 'option2', 'option3'];
  const titled = (word: string) =>
    [1, 2, 3].map((i) => ({ const: `value${i}`, title: `${['First', 'Second', 'Third'][i - 1]} ${word}` }));
  elicit(
    'test_elicitation_sep1330_enums',
    form(
      {
        untitledSingle: { type: 'string', enum: options },
        titledSingle: { type: 'string', oneOf: titled('Option') },
        legacyEnum: {
          type: 'string',
          enum: ['opt1', 'opt2', 'opt3'],
          enumNames: ['Option One', 'Option Two', 'Option Three'],
        },
        untitledMulti: { type: 'array', items: { type: 'string', enum: options } },
        titledMulti: { type: 'array', items: { anyOf: titled('Choice') } },
      },
      [],
    ),
  );
}

function addRounds(server: McpServer): void {
  const tool = (name: string, handler: Handler) =>
    server.registerTool(name, { description: name, inputSchema: z.object({}) }, async (_, context) => handler(context));
  const askName = inputRequired.elicit({
    message: 'What is your name?',
    requestedSchema: form({ name: text }, ['name']),
  });
  const sample = (question: string, maxTokens: number) =>
    inputRequired.createMessage({
      messages: [{ role: 'user', content: { type: 'text', text: question } }],
      maxTokens,
    });
  const nameIn = (context: ServerContext, key: string) =>
    acceptedContent(context.mcpReq.inputResponses, key, z.object({ name: z.string() }))?.name;

  tool('test_input_required_result_elicitation', (context) => {
    const name = nameIn(context, 'user_name');
    return name ? say(`Hello, ${name}!`) : inputRequired({ inputRequests: { user_name: askName } });
  });
  tool('test_input_required_result_sampling', ({ mcpReq }) => {
    const answer = inputResponse(mcpReq.inputResponses, 'capital_question');
    if (answer.kind === 'sampling') return say(JSON.stringify(answer));
    return inputRequired({ inputRequests: { capital_question: sample('What is the capital of France?', 100) } });
  });
  tool('test_input_required_result_list_roots', ({ mcpReq }) => {
    const answer = inputResponse(mcpReq.inputResponses, 'client_roots');
    if (answer.kind === 'roots') return say(JSON.stringify(answer));
    return inputRequired({ inputRequests: { client_roots: inputRequired.listRoots() } });
  });
  const confirm = inputRequired.elicit({
    message: 'Please confirm',
    requestedSchema: form({ ok: { type: 'boolean' } }, ['ok']),
  });
  for (const name of ['test_input_required_result_request_state', 'test_input_required_result_tampered_state']) {
    server.registerTool(name, { description: name, inputSchema: z.object({}) }, async (_, context) => {
      const state = context.mcpReq.requestState<{ step: number }>();
      if (state !== undefined && context.mcpReq.inputResponses) return say('state-ok');
      return inputRequired({
        inputRequests: { confirm },
        requestState: await states.mint({ step: 1 }, context),
      });
    });
  }
  server.registerTool(
    'test_input_required_result_multiple_inputs',
    { description: 'Asks for three things at once', inputSchema: z.object({}) },
    async (_, context) => {
      const { inputResponses } = context.mcpReq;
      const all = ['user_name', 'greeting', 'client_roots'].every((key) => inputResponses && key in inputResponses);
      if (all && context.mcpReq.requestState() !== undefined) return say(JSON.stringify(inputResponses));
      return inputRequired({
        inputRequests: {
          user_name: askName,
          greeting: sample('Generate a greeting', 50),
          client_roots: inputRequired.listRoots(),
        },
        requestState: await states.mint({ step: 1 }, context),
      });
    },
  );
  server.registerTool(
    'test_input_required_result_multi_round',
    { description: 'Asks twice', inputSchema: z.object({}) },
    async (_, context) => {
      const step = context.mcpReq.requestState<{ step: number }>()?.step ?? 0;
      const { inputResponses } = context.mcpReq;
      if (step === 2 && inputResponses && 'step2' in inputResponses) return say('Thank you.');
      const next = step === 1 && inputResponses && 'step1' in inputResponses ? 2 : 1;
      const ask =
        next === 2
          ? inputRequired.elicit({
              message: 'Step 2: What is your favorite color?',
              requestedSchema: form({ color: text }, ['color']),
            })
          : inputRequired.elicit({
              message: 'Step 1: What is your name?',
              requestedSchema: form({ name: text }, ['name']),
            });
      return inputRequired({
        inputRequests: { [`step${next}`]: ask },
        requestState: await states.mint({ step: next }, context),
      });
    },
  );
  tool('test_input_required_result_capabilities', () => {
    const can = server.server.getClientCapabilities() ?? {};
    const inputRequests = {
      ...(can.elicitation ? { user_name: askName } : {}),
      ...(can.sampling ? { greeting: sample('Generate a greeting', 50) } : {}),
    };
    return Object.keys(inputRequests).length > 0 ? inputRequired({ inputRequests }) : say('Nothing to ask.');
  });
  // The library refuses it where the client cannot be asked.
  tool('test_missing_capability', () => inputRequired({ inputRequests: { greeting: sample('Say hello', 50) } }));
  tool('test_streaming_elicitation', async (context) => {
    await context.mcpReq.notify({
      method: 'notifications/progress',
      params: { progressToken: context.mcpReq._meta?.progressToken ?? 0, progress: 1 },
    });
    return inputRequired({ inputRequests: { user_name: askName } }) as never;
  });
}

function addResources(server: McpServer): void {
  const uri = 'test://static-text';
  server.registerResource('static-text', uri, { description: 'Text', mimeType: 'text/plain' }, () => ({
    contents: [{ uri, mimeType: 'text/plain', text: 'This is the content of the static text resource.' }],
  }));
  const binary = 'test://static-binary';
  server.registerResource('static-binary', binary, { description: 'Bytes', mimeType: 'image/png' }, () => ({
    contents: [{ uri: binary, mimeType: 'image/png', blob: PIXEL }],
  }));
  server.registerResource(
    'template',
    new ResourceTemplate('test://template/{id}/data', { list: undefined }),
    { description: 'By id', mimeType: 'application/json' },
    (at, { id }) => ({
      contents: [
        {
          uri: at.href,
          mimeType: 'application/json',
          text: JSON.stringify({ id, templateTest: true, data: `Data for ID: ${String(id)}` }),
        },
      ],
    }),
  );
  const watched = 'test://watched-resource';
  server.registerResource('watched', watched, { description: 'Watched', mimeType: 'text/plain' }, () => ({
    contents: [{ uri: watched, mimeType: 'text/plain', text: 'As it was.' }],
  }));
}

function addPrompts(server: McpServer): void {
  const user = (content: object) => ({ role: 'user' as const, content: content as never });
  const words = (value: string) => user({ type: 'text', text: value });
  server.registerPrompt('test_simple_prompt', { description: 'Simple' }, () => ({
    messages: [words('This is a simple prompt for testing.')],
  }));
  server.registerPrompt(
    'test_prompt_with_arguments',
    {
      description: 'Two arguments',
      argsSchema: z.object({ arg1: completable(z.string(), () => ['paris', 'park']), arg2: z.string() }),
    },
    ({ arg1, arg2 }) => ({ messages: [words(`Prompt with arguments: arg1='${arg1}', arg2='${arg2}'`)] }),
  );
  server.registerPrompt(
    'test_prompt_with_embedded_resource',
    { description: 'A resource', argsSchema: z.object({ resourceUri: z.string() }) },
    ({ resourceUri: uri }) => ({
      messages: [
        user({
          type: 'resource',
          resource: { uri, mimeType: 'text/plain', text: 'Embedded resource content for testing.' },
        }),
        words('Please process the embedded resource above.'),
      ],
    }),
  );
  server.registerPrompt('test_prompt_with_image', { description: 'An image' }, () => ({
    messages: [user(image), words('Please analyze the image above.')],
  }));
  server.registerPrompt('test_input_required_result_prompt', { description: 'Asks first' }, ({ mcpReq }) => {
    const given = acceptedContent(mcpReq.inputResponses, 'user_context', z.object({ context: z.string() }));
    if (given) return { messages: [words(given.context)] };
    const requestedSchema = form({ context: text }, ['context']);
    return inputRequired({
      inputRequests: {
        user_context: inputRequired.elicit({ message: 'What context should the prompt use?', requestedSchema }),
      },
    });
  });
}

/** A server for one request of the suite. */
export function conformanceServer(): McpServer {
  const server = new McpServer(
    { name: 'tributary-conformance', version: '0.1.0' },
    {
      capabilities: { logging: {}, completions: {}, resources: { subscribe: true } },
      requestState: { verify: states.verify },
    },
  );
  addContent(server);
  addQuestionsBack(server);
  addRounds(server);
  addResources(server);
  addPrompts(server);
  server.server.setRequestHandler('resources/subscribe', () => ({}));
  server.server.setRequestHandler('resources/unsubscribe', () => ({}));
  return server;
}
