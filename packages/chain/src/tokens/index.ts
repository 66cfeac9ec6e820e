export * from './authorization-state.ts';
export * from './balance-of.ts';
export * from './domain.ts';
export * from './eip3009.ts';
export * from './mint.ts';
export * from './transfer.ts';
export * from './transfer-arrived.ts';
export * from './transfer-with-authorization.ts';
