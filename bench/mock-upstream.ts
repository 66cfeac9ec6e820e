/**
 * The model behind all three paths: an OpenAI-compatible server that answers at once with the same text, whole or as
 * twenty events. `node bench/mock-upstream.ts PORT`
 */
import { createServer } from 'node:http';

const WORDS =
  'a tributary feeds a river and here value flows down into answers while the money flows back up again'.split(' ');
const usage = { prompt_tokens: 12, completion_tokens: WORDS.length, total_tokens: 12 + WORDS.length };
const base = { id: 'chatcmpl-bench', created: 1_767_225_600, model: 'bench-model' };

const whole = JSON.stringify({
  ...base,
  object: 'chat.completion',
  choices: [
    { index: 0, message: { role: 'assistant', content: WORDS.join(' ') }, logprobs: null, finish_reason: 'stop' },
  ],
  usage,
});

const chunk = (choice: object | null, extra: object = {}) =>
  `data: ${JSON.stringify({ ...base, object: 'chat.completion.chunk', choices: choice ? [{ index: 0, logprobs: null, finish_reason: null, ...choice }] : [], ...extra })}\n\n`;
const stream = [
  chunk({ delta: { role: 'assistant', content: '' } }),
  ...WORDS.map((word, i) => chunk({ delta: { content: (i ? ' ' : '') + word } })),
  chunk({ delta: {}, finish_reason: 'stop' }),
  chunk(null, { usage }),
  'data: [DONE]\n\n',
];

const server = createServer((req, res) => {
  if (req.method === 'GET') {
    res.setHeader('content-type', 'application/json');
    res.end(
      JSON.stringify({ object: 'list', data: [{ id: 'bench-model', object: 'model', created: 0, owned_by: 'bench' }] }),
    );
    return;
  }
  const body: Buffer[] = [];
  req.on('data', (bytes: Buffer) => body.push(bytes));
  req.on('end', () => {
    if (Buffer.concat(body).includes('"stream":true')) {
      res.setHeader('content-type', 'text/event-stream');
      for (const event of stream) res.write(event);
      res.end();
    } else {
      res.setHeader('content-type', 'application/json');
      res.end(whole);
    }
  });
});
server.keepAliveTimeout = 120_000;
server.listen(Number(process.argv[2] ?? 0), '127.0.0.1', () => {
  console.log(JSON.stringify({ url: `http://127.0.0.1:${(server.address() as { port: number }).port}` }));
});
