/**
 * The load generator, a process of its own: `node bench/load.ts '<JSON of Load>'` prints the JSON of `Figures`.
 * Open loop: requests leave on schedule whatever the answers do, and latency counts from the scheduled moment, so a stall
 * is not hidden. Closed loop: a fixed number of requests is always under way.
 */
import { Pool } from 'undici';

export interface Load {
  url: string;
  headers: Record<string, string>;
  body: string;
  seconds: number;
  /** Left out of the figures. */
  warmUpSeconds: number;
  /** Requests per second (open loop). */
  rate?: number;
  /** Requests under way (closed loop). */
  concurrency?: number;
}

export interface Figures {
  requests: number;
  failed: number;
  firstFailure: string | null;
  requestsPerSecond: number;
  latencyMs: { p50: number; p90: number; p99: number; max: number };
  firstByteMs: { p50: number; p99: number };
}

function percentile(sorted: number[], p: number): number {
  return Number((sorted[Math.min(sorted.length - 1, Math.floor((sorted.length * p) / 100))] ?? Number.NaN).toFixed(3));
}

async function run(load: Load): Promise<Figures> {
  const url = new URL(load.url);
  const pool = new Pool(url.origin, { connections: load.concurrency ?? 64, pipelining: 1, bodyTimeout: 60_000 });
  const latencies: number[] = [];
  const firstBytes: number[] = [];
  let failed = 0;
  let firstFailure: string | null = null;
  const begin = performance.now();
  const measureFrom = begin + load.warmUpSeconds * 1000;
  const end = measureFrom + load.seconds * 1000;

  const one = async (from: number): Promise<void> => {
    let problem: string | null = null;
    let first = 0;
    try {
      const answer = await pool.request({
        path: url.pathname,
        method: 'POST',
        headers: { 'content-type': 'application/json', ...load.headers },
        body: load.body,
      });
      let text = '';
      for await (const bytes of answer.body) {
        first ||= performance.now();
        if (answer.statusCode !== 200) text += bytes;
      }
      if (answer.statusCode !== 200) problem = `${answer.statusCode} ${text.slice(0, 300)}`;
    } catch (error) {
      problem = String(error);
    }
    const now = performance.now();
    if (from < measureFrom || from >= end) return;
    if (problem) {
      failed++;
      firstFailure ??= problem;
      return;
    }
    latencies.push(now - from);
    firstBytes.push(first - from);
  };

  if (load.rate) {
    const gap = 1000 / load.rate;
    const open = new Set<Promise<void>>();
    for (let n = 0; ; n++) {
      const due = begin + n * gap;
      if (due >= end) break;
      const wait = due - performance.now();
      if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
      // Timers fire late by up to a millisecond; latency counts from the moment of sending unless we are truly behind.
      const late = performance.now() - due;
      const request: Promise<void> = one(late > 5 ? due : performance.now()).finally(() => open.delete(request));
      open.add(request);
    }
    await Promise.all(open);
  } else {
    await Promise.all(
      Array.from({ length: load.concurrency ?? 1 }, async () => {
        while (performance.now() < end) await one(performance.now());
      }),
    );
  }
  await pool.close();
  latencies.sort((a, b) => a - b);
  firstBytes.sort((a, b) => a - b);
  return {
    requests: latencies.length,
    failed,
    firstFailure,
    requestsPerSecond: Number((latencies.length / load.seconds).toFixed(1)),
    latencyMs: {
      p50: percentile(latencies, 50),
      p90: percentile(latencies, 90),
      p99: percentile(latencies, 99),
      max: percentile(latencies, 100),
    },
    firstByteMs: { p50: percentile(firstBytes, 50), p99: percentile(firstBytes, 99) },
  };
}

if (import.meta.main) console.log(JSON.stringify(await run(JSON.parse(process.argv[2]!) as Load)));
