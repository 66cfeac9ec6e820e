/// <reference lib="dom" />
import type { Page } from 'playwright-core';

/** The network's own graph, grown to two thousand assets. */
export async function manyAssets(url: string): Promise<unknown> {
  const graph = (await (await fetch(`${url}/tributary/graph`)).json()) as { nodes: Record<string, unknown>[] };
  const account = (i: number) => `0x${i.toString(16).padStart(40, '0')}`;
  const kinds = ['service', 'service', 'service', 'model', 'device', 'dataset'];
  const nodes = Array.from({ length: 2_000 }, (_, i) => ({
    ...graph.nodes[0],
    account: account(i),
    name: `asset ${i}`,
    kind: kinds[i % kinds.length],
  }));
  const edges = nodes.flatMap((node, i) => {
    const next = { service: [3, 4], model: [2], device: [], dataset: [] }[node.kind as string] ?? [];
    return next.map((by) => ({ from: account(i), to: account((i - (i % 6) + by + (by === 2 ? 3 : 0)) % 2_000) }));
  });
  const flowing = edges.map((e) => ({ ...e, weightPpm: 200_000, flowed: [], last: null }));
  return { nodes, edges: flowing, reset: true, next: 'a' };
}

/** Frames a second while the map is dragged about. */
export async function framesWhileDragging(page: Page): Promise<number> {
  const box = (await page.locator('canvas').boundingBox())!;
  const x = box.x + box.width / 2;
  const y = box.y + box.height / 2;
  await page.evaluate(() => {
    const w = window as unknown as { frames: number; counting: boolean };
    w.frames = 0;
    w.counting = true;
    const count = () => {
      w.frames++;
      if (w.counting) requestAnimationFrame(count);
    };
    requestAnimationFrame(count);
  });
  const started = Date.now();
  await page.mouse.move(x, y);
  await page.mouse.down();
  for (let i = 0; i < 60; i++) await page.mouse.move(x + 60 * Math.sin(i / 5), y + 40 * Math.cos(i / 5));
  await page.mouse.up();
  const seconds = (Date.now() - started) / 1000;
  return (
    (await page.evaluate(() => {
      const w = window as unknown as { frames: number; counting: boolean };
      w.counting = false;
      return w.frames;
    })) / seconds
  );
}
