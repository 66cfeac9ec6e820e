import { up, welcome } from './up/index.ts';

const n = await up({
  home: process.argv[2]!,
  port: 0,
  upstreams: process.argv.slice(3),
  progress: (m) => console.error((performance.now() / 1000).toFixed(1), m),
});
console.log(welcome(n.network));
process.on('SIGINT', () => n.stop().then(() => process.exit(0)));
process.on('SIGTERM', () => n.stop().then(() => process.exit(0)));
