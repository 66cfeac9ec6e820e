/**
 * Measures the page in Chromium on a network of its own and takes the pictures of the README:
 * `node e2e/src/page-figures.ts`. Writes bench/results/page.json and docs/images.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { firstLoad, noBrowser, openBrowser, pageIsBuilt, visit } from './support/browser.ts';
import { framesWhileDragging, manyAssets } from './support/many-assets.ts';
import { startNetwork } from './support/network.ts';

const RUNS = 5;
const RESULTS = fileURLToPath(new URL('../../bench/results/page.json', import.meta.url));
const IMAGES = fileURLToPath(new URL('../../docs/images/', import.meta.url));
const QUESTIONS = ['What happens when an answer fails?', 'What is 17.5 % of 240?', 'What is a voucher?'];

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

async function ask(page: Page, question: string): Promise<number> {
  const before = await page.getByText('receipt checked').count();
  const start = performance.now();
  await page.getByLabel('Your question').fill(question);
  await page.keyboard.press('Enter');
  await page.getByText('receipt checked').nth(before).waitFor();
  return Math.round(performance.now() - start);
}

async function picture(page: Page, name: string): Promise<void> {
  await page.waitForFunction("document.fonts.status === 'loaded' && !document.querySelector('[aria-busy=true]')");
  await page.mouse.move(0, 400);
  await page.screenshot({ path: `${IMAGES}${name}.png` });
}

if (noBrowser) throw new Error(noBrowser);
await mkdir(IMAGES, { recursive: true });
const net = await startNetwork();
const browser = await openBrowser();
try {
  const url = net.network.gateway;
  await pageIsBuilt(url);
  const loads = [];
  for (let i = 0; i < RUNS; i++) {
    await using v = await visit(browser);
    loads.push(await firstLoad(v, url));
  }

  const answers = [];
  {
    await using v = await visit(browser);
    await v.page.goto(url);
    for (const question of QUESTIONS) answers.push(await ask(v.page, question));
    await v.page.getByRole('button', { name: 'New conversation' }).click();
    await ask(v.page, QUESTIONS[0]!);
    await v.page.getByText('It is promised').waitFor();
    await v.page.evaluate('scrollTo(0, document.documentElement.scrollHeight)');
    await picture(v.page, 'ask');
    await net.cli(['settle']);
  }
  {
    await using v = await visit(browser, { colorScheme: 'dark' });
    await v.page.goto(`${url}/explore`);
    await v.page.getByRole('application').waitFor();
    await picture(v.page, 'explore');
  }
  {
    await using v = await visit(browser, { width: 'phone' });
    await v.page.goto(`${url}/earn`);
    await v.page.getByRole('button', { name: /^Contributor 1/ }).click();
    await v.page.getByRole('button', { name: 'Claim it all' }).waitFor();
    await picture(v.page, 'earn-phone');
  }

  const map = { assets: 2_000, drawnMs: 0, framesPerSecond: 0 };
  {
    await using v = await visit(browser);
    const answer = JSON.stringify(await manyAssets(url));
    await v.page.route('**/tributary/graph*', (route) =>
      route.fulfill({ contentType: 'application/json', body: answer }),
    );
    const start = performance.now();
    await v.page.goto(`${url}/explore`);
    await v.page.locator('canvas[data-nodes="2000"]').waitFor();
    map.drawnMs = Math.round(performance.now() - start);
    map.framesPerSecond = Math.round(await framesWhileDragging(v.page));
  }

  const figures = {
    at: new Date().toISOString(),
    machine: { cpus: cpus().length, model: cpus()[0]?.model ?? '', browser: `Chromium ${browser.version()}, headless` },
    firstLoad: {
      runs: RUNS,
      bytes: median(loads.map((l) => l.bytes)),
      bytesAhead: median(loads.map((l) => l.bytesAhead)),
      firstPaintMs: median(loads.map((l) => l.firstPaintMs)),
      interactiveMs: median(loads.map((l) => l.interactiveMs)),
      interactiveWorstMs: Math.max(...loads.map((l) => l.interactiveMs)),
      layoutShift: Math.max(...loads.map((l) => l.layoutShift)),
    },
    answers: { firstWithPurseMs: answers[0], thenMs: median(answers.slice(1)) },
    map,
  };
  await writeFile(RESULTS, `${JSON.stringify(figures, null, 2)}\n`);
  console.log(JSON.stringify(figures, null, 2));
} finally {
  await browser.close();
  await net.stop();
}
