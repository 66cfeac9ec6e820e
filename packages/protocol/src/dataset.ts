import { z } from 'zod';
import { canonicalJson, sha256Hex } from './hash.ts';
import { Address, Hex32 } from './hex.ts';

/** One document of a dataset. */
export const DatasetDocument = z.object({
  /** Path inside the dataset, with forward slashes. */
  name: z.string().min(1).max(1024),
  /** SHA-256 of the bytes. */
  hash: Hex32,
  contributor: Address,
  bytes: z.number().int().nonnegative(),
});
export type DatasetDocument = z.infer<typeof DatasetDocument>;

/** What a dataset asset's content is: the list that its digest commits to. Sorted by name. */
export const DatasetManifest = z.object({
  name: z.string().min(1).max(256),
  documents: z.array(DatasetDocument).max(1_000_000),
});
export type DatasetManifest = z.infer<typeof DatasetManifest>;

/** SHA-256 of the canonical JSON of a manifest. */
export function manifestDigest(manifest: DatasetManifest): Hex32 {
  return sha256Hex(canonicalJson(manifest));
}

/** A piece of a document that can be quoted; `start` and `end` are UTF-16 offsets into the document's extracted text. */
export interface Passage {
  document: string;
  documentHash: Hex32;
  contributor: Address;
  /** Headings above the passage, outermost first. */
  headings: string[];
  text: string;
  start: number;
  end: number;
}
