export * from './text/sentences.ts';
export * from './text/stem.ts';
export * from './text/words.ts';
