import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SignedReceipt, TributaryError } from '@tributary/protocol';
import fc from 'fast-check';
import { parseAnswer, parseRequest } from './commands/verify.ts';
import { parseReceipt } from './receipts.ts';
import { receiptJson } from './test-support.ts';

test('a receipt is found bare, in a completion, and in the member of a completion', () => {
  const signed = SignedReceipt.parse(receiptJson);
  for (const shape of [
    receiptJson,
    { receipt: receiptJson },
    { tributary: { receipt: receiptJson, outcome: 'answered' } },
  ]) {
    assert.deepEqual(parseReceipt(JSON.stringify(shape)), signed);
  }
});

test('a receipt with one field spoilt is refused with the name of the field', () => {
  const { payment } = receiptJson;
  const spoilt = { ...receiptJson, payment: { ...payment, to: '-1' } };
  assert.throws(
    () => parseReceipt(JSON.stringify(spoilt)),
    (e) => TributaryError.is(e) && e.message.includes('payment.to'),
  );
});

test('any text given as a receipt is a receipt or a TributaryError', () => {
  const texts = fc.oneof(
    fc.string(),
    fc.json(),
    fc.jsonValue().map((v) => JSON.stringify({ tributary: { receipt: v } })),
  );
  fc.assert(
    fc.property(texts, (text) => {
      try {
        parseReceipt(text);
      } catch (error) {
        assert.ok(TributaryError.is(error) && error.code === 'bad_receipt');
      }
    }),
    { numRuns: 500 },
  );
});

test('a true receipt cut or changed anywhere never raises another kind of error', () => {
  const text = JSON.stringify(receiptJson);
  fc.assert(
    fc.property(fc.nat(text.length), fc.nat(text.length), fc.string(), (from, length, insert) => {
      try {
        parseReceipt(text.slice(0, from) + insert + text.slice(from + length));
      } catch (error) {
        assert.ok(TributaryError.is(error) && error.code === 'bad_receipt');
      }
    }),
    { numRuns: 500 },
  );
});

test('an answer is read as text, message or completion', () => {
  const message = { content: 'Two.', refusal: null };
  assert.deepEqual(parseAnswer('Two.\n'), { content: 'Two.\n' });
  assert.deepEqual(parseAnswer(JSON.stringify(message)), message);
  assert.deepEqual(parseAnswer(JSON.stringify({ choices: [{ message }] })), message);
  assert.deepEqual(parseAnswer('42'), { content: '42' }, 'a number is the text of an answer');
});

test('any text is some answer; a request is a JSON object or a TributaryError', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
      const answer = parseAnswer(text);
      assert.ok(answer.content === null || typeof answer.content === 'string');
      try {
        assert.equal(typeof parseRequest(text), 'object');
      } catch (error) {
        assert.ok(TributaryError.is(error) && error.code === 'bad_request_file');
      }
    }),
    { numRuns: 500 },
  );
});
