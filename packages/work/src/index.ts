export { isPublicAddress } from './address-guard.ts';
export {
  createGuardedAgent,
  createGuardedFetch,
  type GuardedFetch,
  type GuardedRequest,
  type GuardedResponse,
  type GuardOptions,
} from './guarded-fetch.ts';
export { askInside, type Caller, callerAtSocket, type Headers } from './http/caller.ts';
export { boundedServer, closeServer, localUrl } from './http/server.ts';
export { countContainers, type JsonBounds, parseBounded } from './json/bounded.ts';
export { isLocalUrl, type OperatorCaller, type OperatorTerms, requireOperator } from './operator.ts';
export { type Span, sentences } from './text/sentences.ts';
export { stem } from './text/stem.ts';
export { contentTerms, isStopWord, nameTerms, stemOf, words } from './text/words.ts';
