export * from './api.ts';
export * from './assets.ts';
export * from './common.ts';
export * from './money-path.ts';
export * from './network.ts';
export * from './services.ts';
