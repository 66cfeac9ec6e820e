export { type ContributorRule, contributorRule } from './documents/contributors.ts';
export type { Skipped } from './documents/list-files.ts';
export { type DocumentSet, type ReadDocument, type ReadOptions, readDocuments } from './documents/read-documents.ts';
