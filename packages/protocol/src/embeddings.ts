import { z } from 'zod';
import { ProviderChoice } from './chat.ts';

/** The most numbers one vector may have. */
export const MAX_DIMENSIONS = 8192;

/** Texts to be turned into vectors: OpenAI's embeddings, as a node gets them. */
export const EmbeddingsRequest = z.looseObject({
  model: z.string().min(1).max(256).optional(),
  input: z.union([z.string().min(1), z.array(z.string().min(1)).min(1).max(2048)]),
  encoding_format: z.enum(['float', 'base64']).nullish(),
  dimensions: z.number().int().positive().max(MAX_DIMENSIONS).nullish(),
  user: z.string().max(4096).nullish(),
  provider: ProviderChoice.nullish(),
});
export type EmbeddingsRequest = z.infer<typeof EmbeddingsRequest>;

/** The texts of a request, in order. */
export function inputsOf(request: Pick<EmbeddingsRequest, 'input'>): readonly string[] {
  return typeof request.input === 'string' ? [request.input] : request.input;
}

/** A vector as text: base64 of its numbers as little-endian 32-bit floats. This form is sent and hashed. */
export function packVector(vector: Float32Array): string {
  const view = new DataView(new ArrayBuffer(vector.length * 4));
  for (const [i, value] of vector.entries()) view.setFloat32(i * 4, value, true);
  let binary = '';
  for (const byte of new Uint8Array(view.buffer)) binary += String.fromCharCode(byte);
  return btoa(binary);
}

/** The vector of such a text; null when it is none: bad base64, cut numbers, none or more than `MAX_DIMENSIONS`, or not finite. */
export function unpackVector(text: string): Float32Array | null {
  let binary: string;
  try {
    binary = atob(text);
  } catch {
    return null;
  }
  const length = binary.length / 4;
  if (!Number.isInteger(length) || length === 0 || length > MAX_DIMENSIONS) return null;
  const view = new DataView(new ArrayBuffer(binary.length));
  for (let i = 0; i < binary.length; i++) view.setUint8(i, binary.charCodeAt(i));
  const vector = Float32Array.from({ length }, (_, i) => view.getFloat32(i * 4, true));
  return vector.every(Number.isFinite) ? vector : null;
}
