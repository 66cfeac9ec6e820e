/// <reference lib="dom" />
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { after, before, describe, test } from 'node:test';
import { type FakeUpstream, fakeUpstream } from '@tributary/testing';
import type { Browser, Page } from 'playwright-core';
import { toHex } from 'viem';
import { mnemonicToAccount } from 'viem/accounts';
import { firstLoad, noBrowser, openBrowser, pageIsBuilt, visit, type Width } from './support/browser.ts';
import { injectWallet } from './support/browser-wallet.ts';
import { framesWhileDragging, manyAssets } from './support/many-assets.ts';
import { startNetwork, type TestNetwork } from './support/network.ts';

/** What somebody does on the page who has never heard of us, in a real browser on a real network. */

const QUESTION = 'What is a voucher?';
const PHRASE = 'test test test test test test test test test test test junk';
/** The devnet's payer, by the test phrase that everybody knows. */
const PAYER_KEY = toHex(mnemonicToAccount(PHRASE, { addressIndex: 8 }).getHdKey().privateKey!);

if (noBrowser) console.log(`page tests are skipped: ${noBrowser}`);

describe('the page', { skip: noBrowser }, () => {
  let net: TestNetwork;
  let browser: Browser;
  let slow: FakeUpstream;
  let url: string;

  before(async () => {
    slow = await fakeUpstream(
      { kind: 'answer', text: 'One word after the other. '.repeat(40), pieces: 80, delayMs: 15 },
      ['slow'],
    );
    net = await startNetwork({ args: ['--upstream', `${slow.url}/v1`] });
    url = net.network.gateway;
    await pageIsBuilt(url);
    browser = await openBrowser();
  });
  after(async () => {
    await browser?.close();
    await net?.stop();
    await slow?.stop();
  });

  for (const width of ['desktop', 'phone'] as const) {
    test(`a newcomer asks, sees who is paid, checks the receipt, explores and claims (${width})`, async () => {
      await using v = await visit(browser, { width });
      const { page } = v;
      await page.goto(url);
      await ask(page, QUESTION);
      await page.getByText('receipt checked').waitFor();

      // Who is paid: from the payer down to the people.
      await page.getByText('It is promised').waitFor();
      const paid = page.getByRole('tabpanel');
      for (const name of ['You', 'Library', 'Tributary handbook', 'This gateway']) {
        await paid.getByText(name, { exact: true }).first().waitFor();
      }

      await page.getByRole('button', { name: 'Source 1' }).first().click();
      await page.getByText('of what this answer used').first().waitFor();
      await page.getByRole('tab', { name: 'Receipt' }).click();
      await page.getByText('payment promised').waitFor();
      assert.equal(await page.getByRole('img', { name: 'fails' }).count(), 0);

      await net.cli(['settle']);
      await page.getByText('payment collected').waitFor();
      await page.getByText('Counted in the published list').waitFor();
      await page.waitForFunction(() => document.querySelectorAll('[aria-label="not yet"]').length === 0);

      await goTo(page, 'Explore');
      const map = page.getByRole('application');
      await map.waitFor();
      await map.focus();
      await page.keyboard.press('ArrowRight');
      await page.getByText(/earned .*passed on/).waitFor();
      await page.getByText('List', { exact: true }).click();
      await page.getByRole('link', { name: 'Tributary handbook' }).first().click();
      await page.getByRole('heading', { name: 'Who it belongs to' }).waitFor();
      await page.getByText('Earned over time').waitFor();

      await goTo(page, 'Earn');
      await page
        .getByRole('button', { name: new RegExp(width === 'phone' ? 'Contributor 1' : 'Contributor 2') })
        .click();
      const claim = page.getByRole('button', { name: 'Claim it all' });
      await page.waitForFunction(() => !document.querySelector('button[disabled]'));
      await claim.click();
      await page.getByText('is yours', { exact: false }).first().waitFor();
      await page.getByText('in transaction').first().waitFor();
      await page
        .getByText(/^\$0\.00$/)
        .first()
        .waitFor();
      assert.deepEqual(v.faults, []);
    });
  }

  test('a second question goes along with the first, and both are there after a reload', async () => {
    await using v = await visit(browser);
    const { page } = v;
    await page.goto(url);
    await ask(page, 'What is 6 * 7?');
    await page.getByText('receipt checked').waitFor();
    await ask(page, 'What is 2 + 2?');
    await page.getByText('receipt checked').nth(1).waitFor();
    await page.reload();
    await page.getByRole('heading', { name: 'What is 6 * 7?' }).waitFor();
    await page.getByRole('heading', { name: 'What is 2 + 2?' }).waitFor();
    await page.getByRole('button', { name: 'New conversation' }).click();
    await page.getByRole('heading', { name: /Ask\./ }).waitFor();
    assert.deepEqual(v.faults, []);
  });

  test('an answer can be stopped, and its words stay', async () => {
    await using v = await visit(browser);
    const { page } = v;
    await page.goto(url);
    await choose(page, 'slow');
    await ask(page, 'Tell me slowly');
    await page.getByText('One word after the other').first().waitFor();
    await page.getByRole('button', { name: 'Stop' }).click();
    await page.getByText('Stopped.').waitFor();
    assert.match((await page.getByRole('article').textContent()) ?? '', /One word/);
  });

  test('nothing jumps while an answer comes', async () => {
    await using v = await visit(browser);
    const { page } = v;
    await page.goto(url);
    await choose(page, 'slow');
    await ask(page, 'The first question');
    await page.getByText('receipt checked').waitFor();
    await page.evaluate(() => {
      const w = window as unknown as { shifts: number };
      w.shifts = 0;
      new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) w.shifts += (entry as unknown as { value: number }).value;
      }).observe({ type: 'layout-shift' } as never);
    });
    await ask(page, 'The second question');
    await page.getByText('receipt checked').nth(1).waitFor();
    await page.getByText('It is promised').last().waitFor();
    const shifts = await page.evaluate(() => (window as unknown as { shifts: number }).shifts);
    assert.ok(shifts < 0.02, `layout shift ${shifts}`);
  });

  test('everything can be done with the keyboard alone', async () => {
    await using v = await visit(browser);
    const { page } = v;
    await page.goto(url);
    await page.getByRole('heading', { name: /Ask\./ }).waitFor();
    await tabTo(page, 'Skip to the content', 'Shift+Tab');
    await tabTo(page, 'Your question');
    await page.keyboard.type('What is 6 * 7?');
    await page.keyboard.press('Enter');
    await page.getByText('receipt checked').waitFor();
    await page.keyboard.press('Shift+Tab');
    await tabTo(page, 'Who is paid', 'Shift+Tab');
    await page.keyboard.press('ArrowRight');
    await page.getByText('Your browser did these checks').waitFor();
    await page.keyboard.press('Control+k');
    await page.getByRole('dialog').waitFor();
    await page.keyboard.type('handbook');
    await page.getByRole('option').first().waitFor();
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/explore\/assets\//);
    await page.getByRole('heading', { name: 'Tributary handbook' }).waitFor();
  });

  test('wrong input is answered by a sentence, in every field', async () => {
    await using v = await visit(browser);
    const { page } = v;
    await page.goto(url);
    await page.getByLabel('Your question').fill('   ');
    await page.keyboard.press('Enter');
    await page.getByText('Type a question first.').waitFor();

    await page.getByRole('button', { name: /^Paying:/ }).click();
    await page.getByLabel('API key', { exact: true }).fill('trib_wrong');
    await page.getByRole('button', { name: 'Use this key' }).click();
    await page.getByText('This is not an API key').waitFor();
    await page.getByRole('button', { name: /^Payer/ }).click();
    await page.getByLabel(/^Deposit in/).fill('five');
    await page.getByRole('button', { name: 'Put it aside' }).click();
    await page.getByText('An amount in dollars has digits').waitFor();
    await page.getByLabel(/^Deposit in/).fill('1000000000');
    await page.getByRole('button', { name: 'Put it aside' }).click();
    await page.getByText('Get dollars first').waitFor();

    await page.goto(`${url}/earn`);
    await page.getByLabel('Address').fill('0x12');
    await page.getByRole('button', { name: 'Look up' }).click();
    await page.getByText('An address: 0x and 40 digits').waitFor();

    await page.goto(`${url}/earn/offer`);
    await page.getByLabel('Your name').fill('$(rm -rf /)');
    await page.getByText('Use letters, digits').waitFor();
    await page.getByText('A server elsewhere').click();
    await page.getByLabel('Its address').fill('ftp://x');
    await page.getByText('An address such as http').waitFor();
    await page.getByLabel('For each answer').fill('-1');
    await page.getByText('An amount in dollars has digits').waitFor();
    assert.equal(await page.getByText('npx tributary').count(), 0, 'no command before everything is right');

    await page.goto(`${url}/earn/model`);
    await page.getByLabel('Name').fill(';');
    await page.getByText('Use letters, digits').waitFor();
    await page.getByLabel('Least part').fill('101');
    await page.getByText('A share is a number from 0 to 100').waitFor();
    await page.getByRole('button', { name: 'Add one' }).click();
    await page.getByText('Choose what it was made from.').waitFor();

    await page.goto(`${url}/earn/data`);
    await page.getByLabel('Folder').fill(' ');
    await page.getByText('Name the folder').waitFor();
    await page.getByText('Register a dataset').click();
    await page.getByRole('button', { name: 'Add a contributor' }).click();
    await page.getByLabel('Address, 1').fill('somebody');
    await page.getByText('An address: 0x and 40 digits').waitFor();

    for (const path of [
      '/explore/assets/0x12',
      '/explore/receipts/xyz',
      '/explore/parties/x',
      '/explore/transactions/1',
    ]) {
      await page.goto(url + path);
      await page.getByRole('alert').first().waitFor();
    }
    await page.goto(`${url}/no/such/page`);
    await page.getByText('There is nothing here').waitFor();
  });

  test('a model is published by a signature, and found by its name', async () => {
    await using v = await visit(browser);
    const { page } = v;
    await page.goto(`${url}/earn/model`);
    await page.getByLabel('Name').fill('acme/poet');
    await page.getByLabel('What it is good at').fill('Poems about rivers.');
    await page.getByRole('button', { name: 'Add one' }).click();
    await page.getByRole('combobox', { name: 'Made from, 1' }).click();
    await page.getByRole('option', { name: /Tributary handbook/ }).click();
    await page.getByLabel('Its part, 1').fill('30');
    await page.getByText(`--upstream`).waitFor();
    await page.getByRole('button', { name: /^Model maker/ }).click();
    await page.getByRole('button', { name: 'Publish' }).click();
    await page.getByText('It is there').waitFor();
    await page.getByRole('link', { name: 'acme/poet' }).click();
    await page.getByRole('heading', { name: 'acme/poet' }).waitFor();
    await page.getByText('gets 30 %').waitFor();
    assert.deepEqual(v.faults, []);
  });

  test('a wallet of the browser puts dollars aside, signs for answers from them, and finds them again', async () => {
    await using v = await visit(browser);
    const { page } = v;
    const { asked } = await injectWallet(page, net.network, PAYER_KEY);
    const pay = async (deposit: string) => {
      await page.getByRole('button', { name: /^Paying:/ }).click();
      await page.getByRole('button', { name: 'Test Wallet' }).click();
      await page.getByLabel(/^Deposit in/).fill(deposit);
      await page.getByRole('button', { name: 'Put it aside' }).click();
      await page.getByRole('dialog').waitFor({ state: 'detached' });
    };
    await page.goto(url);
    await pay('2');
    await page.getByRole('button', { name: 'Paying: $2.00 left' }).waitFor();
    assert.ok(asked.includes('eth_signTypedData_v4') && asked.includes('eth_sendTransaction'), asked.join());
    const sent = asked.length;
    for (const [i, question] of ['What is 6 * 7?', 'What is 7 * 7?'].entries()) {
      await ask(page, question);
      await page.getByText('receipt checked').nth(i).waitFor();
    }
    assert.equal(asked.slice(sent).filter((m) => /sign|send/i.test(m)).length, 0, 'no pop-up for an answer');
    await page.getByText('$1.99 left').waitFor();
    await page.reload();
    await ask(page, 'What is 8 * 8?');
    await page.getByText('receipt checked').nth(2).waitFor();
    await page.getByRole('button', { name: /^Paying:/ }).click();
    await page.getByRole('button', { name: 'Stop paying this way' }).click();
    await page.keyboard.press('Escape');
    await pay('0');
    await ask(page, 'What is 9 * 9?');
    await page.getByText('receipt checked').nth(3).waitFor();
    await page.getByText('$1.99 left').waitFor();
    assert.deepEqual(v.faults, []);
  });

  test('without play money one is told how to pay', async () => {
    await using v = await visit(browser);
    const { page } = v;
    await page.route('**/tributary/network', async (route) => {
      const response = await route.fetch();
      const { rpc: _, ...facts } = (await response.json()) as Record<string, unknown>;
      await route.fulfill({ response, json: facts });
    });
    await page.goto(url);
    await ask(page, 'What is 6 * 7?');
    await page.getByText('Nothing pays for this question yet.').waitFor();
    await page.getByRole('button', { name: 'Choose how to pay' }).click();
    await page.getByLabel('API key', { exact: true }).fill(net.network.apiKey);
    await page.getByRole('button', { name: 'Use this key' }).click();
    await ask(page, 'What is 6 * 7?');
    await page.getByText('receipt checked').waitFor();
  });

  for (const look of [
    { colorScheme: 'light', width: 'desktop' },
    { colorScheme: 'dark', width: 'phone' },
  ] as const) {
    test(`axe finds nothing serious on any page (${look.colorScheme}, ${look.width})`, async () => {
      assert.deepEqual(await seriousFaults(browser, net, look), []);
    });
  }

  test('the first load is below 300 kB, and two thousand assets can be moved and searched', async () => {
    await using v = await visit(browser);
    const { page } = v;
    const load = await firstLoad(v, url);
    assert.ok(load.bytes < 300_000, `${load.bytes} bytes before one can ask`);

    const answer = JSON.stringify(await manyAssets(url));
    await page.route('**/tributary/graph*', (route) =>
      route.fulfill({ contentType: 'application/json', body: answer }),
    );
    await page.goto(`${url}/explore`);
    await page.locator('canvas[data-nodes="2000"]').waitFor();
    await page.getByLabel('Find in the map').fill('asset 77');
    await page.getByText('11 found').waitFor();
    const frames = await framesWhileDragging(page);
    assert.ok(frames > 5, `${frames} frames a second`);
  });
});

async function ask(page: Page, question: string): Promise<void> {
  await page.getByLabel('Your question').fill(question);
  await page.getByRole('button', { name: 'Ask', exact: true }).click();
}

async function choose(page: Page, model: string): Promise<void> {
  await page.getByLabel('Who answers').first().click();
  await page.getByRole('option', { name: model }).click();
}

async function goTo(page: Page, place: string): Promise<void> {
  await page
    .getByRole('navigation', { name: 'Main' })
    .getByRole('link', { name: place })
    .locator('visible=true')
    .click();
}

function focused(page: Page): Promise<string> {
  return page.evaluate(() => {
    const e = document.activeElement as HTMLElement | null;
    return e?.getAttribute('aria-label') ?? e?.textContent?.trim() ?? '';
  });
}

async function tabTo(page: Page, name: string, key = 'Tab'): Promise<void> {
  for (let i = 0; i < 40; i++) {
    if ((await focused(page)) === name) return;
    await page.keyboard.press(key);
  }
  assert.fail(`${name} is not reached by ${key}`);
}

const axeSource = readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

interface AxeResult {
  violations: { id: string; impact: string; nodes: { html: string; failureSummary: string }[] }[];
}

async function seriousFaults(
  browser: Browser,
  net: TestNetwork,
  options: { colorScheme: 'light' | 'dark'; width: Width },
): Promise<string[]> {
  await using v = await visit(browser, options);
  const { page } = v;
  const url = net.network.gateway;
  const found: string[] = [];
  const check = async (where: string) => {
    // Axe is put in from outside the page, past its policy for scripts.
    await page.evaluate(await axeSource);
    const { violations } = await page.evaluate(
      () => (window as unknown as { axe: { run(): Promise<AxeResult> } }).axe.run() as Promise<AxeResult>,
    );
    for (const { id, impact, nodes } of violations) {
      if (impact === 'serious' || impact === 'critical') {
        found.push(`${where}: ${id}: ${nodes.map((n) => `${n.html.slice(0, 160)} ${n.failureSummary}`).join(' | ')}`);
      }
    }
  };
  await page.goto(url);
  await page.getByRole('heading', { name: /Ask\./ }).waitFor();
  await check('start');
  await ask(page, QUESTION);
  await page.getByText('It is promised').waitFor();
  await check('answer, who is paid');
  await page.getByRole('tab', { name: /source/ }).click();
  await check('answer, sources');
  await page.getByRole('tab', { name: 'Receipt' }).click();
  await page.getByText('Your browser did these checks').waitFor();
  await check('answer, receipt');
  await page.getByRole('button', { name: /^Paying:/ }).click();
  await page.getByRole('button', { name: /^Payer/ }).waitFor();
  await check('purse');
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Search' }).locator('visible=true').click();
  await page.getByRole('dialog').waitFor();
  await page.keyboard.type('lib');
  await page.getByRole('option').first().waitFor();
  await check('search');
  const { assets } = net.network;
  const service = assets.find((a) => a.kind === 'service')!.id;
  const dataset = assets.find((a) => a.kind === 'dataset')!.id;
  const receipts = (await (await fetch(`${url}/tributary/receipts?limit=1`)).json()) as {
    receipts: { receiptHash: string; receipt: { attribution: { contributor: string }[] } }[];
  };
  const events = (await (await fetch(`${url}/tributary/events?limit=1`)).json()) as {
    events: { place: { txHash: string } }[];
  };
  const receipt = receipts.receipts[0]!.receiptHash;
  const paths: [path: string, shows: string][] = [
    ['/explore', 'Latest answers'],
    ['/explore/services', 'Services'],
    ['/explore/parties', 'Parties'],
    ['/explore/receipts', 'Answers'],
    ['/explore/claims', 'Claims'],
    ['/explore/transactions', 'Transactions'],
    [`/explore/assets/${service}`, 'How it answers'],
    [`/explore/assets/${dataset}`, 'Who it belongs to'],
    ['/explore/parties/0', 'Ratings'],
    [`/explore/receipts/${receipt}`, 'What was signed'],
    [`/explore/transactions/${events.events[0]!.place.txHash}`, 'What happened'],
    [`/explore/addresses/${net.network.contracts.channels}`, 'Pays from'],
    ['/earn', 'Begin to earn'],
    ['/earn/offer', 'What you earn'],
    ['/earn/model', 'Of each dollar it earns'],
    ['/earn/data', 'What you earn'],
    ['/no/such/page', 'There is nothing here'],
  ];
  for (const [path, shows] of paths) {
    await page.goto(url + path);
    await page.getByRole('heading', { name: shows }).first().waitFor();
    await page.waitForFunction(() => !document.querySelector('[aria-busy=true]'));
    await check(path);
  }
  return [...found, ...v.faults];
}
