/**
 * Writes a language model file of half a megabyte with random weights: it speaks nonsense, but every step of loading and asking a
 * real one is taken. `node bench/gguf/make-tiny-model.ts FILE`. Format: GGUF version 3 (ggml documentation, docs/gguf.md).
 */
import { writeFile } from 'node:fs/promises';

const WIDTH = 64;
const HEADS = 4;
const FEED_FORWARD = 128;
const LAYERS = 2;
const CONTEXT = 512;
const ALIGNMENT = 32;

const UINT32 = 4;
const FLOAT32 = 6;
const STRING = 8;
const ARRAY = 9;
const INT32 = 5;
const TENSOR_F32 = 0;

function u32(value: number): Buffer {
  const out = Buffer.alloc(4);
  out.writeUInt32LE(value);
  return out;
}

function u64(value: number): Buffer {
  const out = Buffer.alloc(8);
  out.writeBigUInt64LE(BigInt(value));
  return out;
}

function f32(value: number): Buffer {
  const out = Buffer.alloc(4);
  out.writeFloatLE(value);
  return out;
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([u64(bytes.length), bytes]);
}

const entries: Buffer[] = [];
const put = (key: string, type: number, value: Buffer) => entries.push(Buffer.concat([text(key), u32(type), value]));
const putArray = (key: string, type: number, items: Buffer[]) =>
  put(key, ARRAY, Buffer.concat([u32(type), u64(items.length), ...items]));

/** Kinds of tokens as llama.cpp numbers them. */
const NORMAL = 1;
const UNKNOWN = 2;
const CONTROL = 3;
const BYTE = 6;

const vocabulary: { token: string; score: number; kind: number }[] = [
  { token: '<unk>', score: 0, kind: UNKNOWN },
  { token: '<s>', score: 0, kind: CONTROL },
  { token: '</s>', score: 0, kind: CONTROL },
  ...Array.from({ length: 256 }, (_, b) => ({
    token: `<0x${b.toString(16).toUpperCase().padStart(2, '0')}>`,
    score: 0,
    kind: BYTE,
  })),
  ...['▁', ...'etaoinshrdlucmfwypvbgkjqxz'].map((token, i) => ({ token, score: -i, kind: NORMAL })),
  ...'the water river flows down into answers money back again'
    .split(' ')
    .map((word, i) => ({ token: `▁${word}`, score: -30 - i, kind: NORMAL })),
];

put('general.architecture', STRING, text('llama'));
put('general.name', STRING, text('Tiny nonsense'));
put('general.alignment', UINT32, u32(ALIGNMENT));
put('llama.context_length', UINT32, u32(CONTEXT));
put('llama.embedding_length', UINT32, u32(WIDTH));
put('llama.block_count', UINT32, u32(LAYERS));
put('llama.feed_forward_length', UINT32, u32(FEED_FORWARD));
put('llama.attention.head_count', UINT32, u32(HEADS));
put('llama.attention.head_count_kv', UINT32, u32(HEADS));
put('llama.rope.dimension_count', UINT32, u32(WIDTH / HEADS));
put('llama.attention.layer_norm_rms_epsilon', FLOAT32, f32(1e-5));
put('llama.vocab_size', UINT32, u32(vocabulary.length));
put('tokenizer.ggml.model', STRING, text('llama'));
putArray(
  'tokenizer.ggml.tokens',
  STRING,
  vocabulary.map((v) => text(v.token)),
);
putArray(
  'tokenizer.ggml.scores',
  FLOAT32,
  vocabulary.map((v) => f32(v.score)),
);
putArray(
  'tokenizer.ggml.token_type',
  INT32,
  vocabulary.map((v) => u32(v.kind)),
);
put('tokenizer.ggml.unknown_token_id', UINT32, u32(0));
put('tokenizer.ggml.bos_token_id', UINT32, u32(1));
put('tokenizer.ggml.eos_token_id', UINT32, u32(2));

/** Sizes are written innermost first. */
const tensors: { name: string; sizes: number[] }[] = [
  { name: 'token_embd.weight', sizes: [WIDTH, vocabulary.length] },
  { name: 'output_norm.weight', sizes: [WIDTH] },
  { name: 'output.weight', sizes: [WIDTH, vocabulary.length] },
  ...Array.from({ length: LAYERS }, (_, layer) =>
    [
      { name: 'attn_norm', sizes: [WIDTH] },
      { name: 'attn_q', sizes: [WIDTH, WIDTH] },
      { name: 'attn_k', sizes: [WIDTH, WIDTH] },
      { name: 'attn_v', sizes: [WIDTH, WIDTH] },
      { name: 'attn_output', sizes: [WIDTH, WIDTH] },
      { name: 'ffn_norm', sizes: [WIDTH] },
      { name: 'ffn_gate', sizes: [WIDTH, FEED_FORWARD] },
      { name: 'ffn_up', sizes: [WIDTH, FEED_FORWARD] },
      { name: 'ffn_down', sizes: [FEED_FORWARD, WIDTH] },
    ].map(({ name, sizes }) => ({ name: `blk.${layer}.${name}.weight`, sizes })),
  ).flat(),
];

/** A linear congruential generator (Numerical Recipes, 3rd edition, 7.1.3): the same file on every machine. */
let state = 2026;
function random(): number {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
  return state / 2 ** 32 - 0.5;
}

function pad(length: number): Buffer {
  return Buffer.alloc((ALIGNMENT - (length % ALIGNMENT)) % ALIGNMENT);
}

const infos: Buffer[] = [];
const data: Buffer[] = [];
let offset = 0;
for (const { name, sizes } of tensors) {
  const count = sizes.reduce((a, b) => a * b);
  const weights = Float32Array.from({ length: count }, () => (name.includes('norm') ? 1 : random() * 0.3));
  const bytes = Buffer.from(weights.buffer);
  const padded = Buffer.concat([bytes, pad(bytes.length)]);
  infos.push(Buffer.concat([text(name), u32(sizes.length), ...sizes.map(u64), u32(TENSOR_F32), u64(offset)]));
  data.push(padded);
  offset += padded.length;
}

const head = Buffer.concat([
  Buffer.from('GGUF'),
  u32(3),
  u64(tensors.length),
  u64(entries.length),
  ...entries,
  ...infos,
]);
await writeFile(process.argv[2]!, Buffer.concat([head, pad(head.length), ...data]));
