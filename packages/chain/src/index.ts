export * from './addresses.ts';
export * from './call.ts';
export * from './clients.ts';
export * from './errors.ts';
export * from './generated/index.ts';
