/// <reference lib="dom" />
import { existsSync } from 'node:fs';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';

/** Where Debian's package puts it; another one by the environment. */
const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';

/** Why tests in a browser cannot run here; false when they can. */
export const noBrowser: string | false = existsSync(CHROMIUM)
  ? false
  : `no Chromium at ${CHROMIUM}: install Debian's package, or set CHROMIUM`;

export function openBrowser(): Promise<Browser> {
  // Everything runs as root in a container, where Chromium's sandbox cannot.
  return chromium.launch({ executablePath: CHROMIUM, args: process.getuid?.() === 0 ? ['--no-sandbox'] : [] });
}

const WIDTHS = {
  desktop: { viewport: { width: 1280, height: 800 } },
  phone: { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true, deviceScaleFactor: 2 },
} as const;
export type Width = keyof typeof WIDTHS;

/** A page of its own, and what went wrong on it. */
export interface Visit extends AsyncDisposable {
  page: Page;
  context: BrowserContext;
  /** Errors of scripts and breaches of the page's security policy. */
  faults: string[];
}

export async function visit(
  browser: Browser,
  options: { width?: Width; colorScheme?: 'light' | 'dark' } = {},
): Promise<Visit> {
  const { width = 'desktop', colorScheme = 'light' } = options;
  const context = await browser.newContext({ ...WIDTHS[width], colorScheme });
  const page = await context.newPage();
  const faults: string[] = [];
  page.on('pageerror', (error) => faults.push(error.message));
  page.on('console', (message) => {
    // The terms of payment are asked for by an answer 402, which browsers print as an error.
    if (message.type() === 'error' && !message.text().includes('402')) faults.push(message.text());
  });
  return { page, context, faults, [Symbol.asyncDispose]: () => context.close() };
}

/** Waits until the gateway has the page: `up` builds it in the background. */
export async function pageIsBuilt(gateway: string): Promise<void> {
  const deadline = Date.now() + 180_000;
  for (;;) {
    const response = await fetch(`${gateway}/`, { headers: { accept: 'text/html' } });
    await response.body?.cancel();
    if (response.ok) return;
    if (Date.now() > deadline) throw new Error('the page was not built');
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

/** What the first visit costs. */
export interface FirstLoad {
  /** Bytes on the wire, headers included: all that is fetched until one can ask. */
  bytes: number;
  /** The same with what is fetched ahead once the page stands: the part that signs and checks. */
  bytesAhead: number;
  /** From the request to the moment in which one can type, milliseconds. */
  interactiveMs: number;
  firstPaintMs: number;
  layoutShift: number;
}

/** Opens the start page with an empty cache and measures it. */
export async function firstLoad({ page, context }: Visit, url: string): Promise<FirstLoad> {
  const cdp = await context.newCDPSession(page);
  await cdp.send('Network.enable');
  let bytes = 0;
  cdp.on('Network.loadingFinished', ({ encodedDataLength }) => {
    bytes += encodedDataLength;
  });
  await page.addInitScript(() => {
    const w = window as unknown as { typedAt: number; shifts: number };
    w.shifts = 0;
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) w.shifts += (entry as unknown as { value: number }).value;
    }).observe({ type: 'layout-shift', buffered: true } as never);
    // The page puts the cursor into the field as soon as one can type there.
    addEventListener('focusin', () => {
      w.typedAt ??= performance.now();
    });
  });
  await page.goto(url);
  await page.waitForFunction(() => (window as unknown as { typedAt?: number }).typedAt !== undefined);
  const early = bytes;
  await page.waitForLoadState('networkidle');
  const facts = await page.evaluate(() => {
    const w = window as unknown as { typedAt: number; shifts: number };
    const paint = performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0;
    return { interactiveMs: Math.round(w.typedAt), firstPaintMs: Math.round(paint), layoutShift: w.shifts };
  });
  return { bytes: early, bytesAhead: bytes, ...facts };
}
