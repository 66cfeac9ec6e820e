export * from './expert.ts';
export { discoverUpstreams, type FoundUpstream, upstreamAt } from './experts/discover.ts';
export { expertNamed, experts } from './experts/index.ts';
export { type OpenLibrary, openLibrary } from './experts/library.ts';
export * from './message.ts';
export { type RankedService, rankServices } from './routing/auto.ts';
