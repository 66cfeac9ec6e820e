import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createAnswerBuilder } from './answer.ts';

test('tool calls that start at another index than 0 are renumbered, and put together', () => {
  const builder = createAnswerBuilder();
  const first = builder.take({
    role: 'assistant',
    tool_calls: [{ index: 1, id: 'a', type: 'function', function: { name: 'f', arguments: '' } }],
  });
  assert.equal(first.tool_calls?.[0]?.index, 0);
  assert.equal('role' in first, false);
  builder.take({ tool_calls: [{ index: 1, function: { arguments: '{"x":' } }] });
  builder.take({ tool_calls: [{ index: 1, function: { arguments: '1}' } }] });
  assert.deepEqual(builder.message().tool_calls, [
    { id: 'a', type: 'function', function: { name: 'f', arguments: '{"x":1}' } },
  ]);
  assert.equal(builder.writtenBytes, 'f'.length + '{"x":1}'.length);
});

test('text is counted in bytes, and anything else than text is refused', () => {
  const builder = createAnswerBuilder();
  builder.take({ content: 'é' });
  builder.take({ content: null, reasoning_content: 'ab' });
  assert.equal(builder.writtenBytes, 4);
  assert.throws(() => builder.take({ content: 5 as never }), { code: 'provider_malformed' });
});
