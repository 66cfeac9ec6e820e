export * from './expert.ts';
export * from './message.ts';
