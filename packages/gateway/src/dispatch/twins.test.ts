import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createCatalog } from '../route/catalog.ts';
import type { Step } from '../route/plan.ts';
import { startFakeNode } from '../test-support.ts';
import { firstAnswer } from './attempts.ts';
import type { Nodes, Question } from './question.ts';

const nodes = { hold: () => `0x${'00'.repeat(32)}`, drop: () => undefined } as unknown as Nodes;
const NEVER_DOUBTS = () => 0.9;
const DOUBTS = () => 0;

interface Known {
  /** Whether it knows the answer. */
  knows: boolean;
  deterministic: boolean;
}

async function setUp(t: Parameters<typeof startFakeNode>[0], services: Known[]) {
  const catalog = createCatalog();
  const known = new Map<string, boolean>();
  const steps: Step[] = [];
  for (const { knows, deterministic } of services) {
    const { node, card, wallet } = await startFakeNode(t, { deterministic });
    const signed = { card: {}, signature: `0x${'00'.repeat(65)}` } as const;
    const service = catalog.put({ account: node.account, agentWallet: wallet, card, signed });
    known.set(node.account, knows);
    steps.push({ service, why: 'it was its turn', quote: { price: 1n, charge: 1n } } as Step);
  }
  /** Asks once: the places of those asked, and of the one whose answer counts. */
  async function ask(random: () => number) {
    const asked: number[] = [];
    const question = { requestId: '0x', plan: { steps }, gone: new AbortController().signal } as unknown as Question;
    const { place: answered } = await firstAnswer({
      question,
      nodes,
      random,
      mayRetry: () => true,
      onFailure: () => undefined,
      ask: async (step, isLast) => {
        asked.push(steps.indexOf(step));
        const knows = known.get(step.service.account);
        if (!knows && !isLast) return null;
        return {
          place: steps.indexOf(step),
          evidence: { outcome: knows ? ('answered' as const) : ('unknown' as const) },
        };
      },
    });
    return { asked, answered };
  }
  return { ask, know: (i: number, knows: boolean) => known.set(steps[i]!.service.account, knows) };
}

const SAME = { deterministic: true, knows: false };
const OTHER = { deterministic: false, knows: true };

test('what a deterministic model does not know, its twins are not asked', async (t) => {
  const { ask } = await setUp(t, [SAME, SAME, SAME, OTHER]);
  assert.deepEqual(await ask(NEVER_DOUBTS), { asked: [0, 3], answered: 3 });
});

test('when only twins are left, the first "unknown" is the answer', async (t) => {
  const { ask } = await setUp(t, [SAME, SAME]);
  assert.deepEqual(await ask(NEVER_DOUBTS), { asked: [0], answered: 0 });
});

test('an "unknown" that its twin confirms is believed again', async (t) => {
  const { ask } = await setUp(t, [SAME, SAME]);
  assert.deepEqual(await ask(DOUBTS), { asked: [0, 1], answered: 1 });
  assert.deepEqual(await ask(NEVER_DOUBTS), { asked: [0], answered: 0 });
});

test('models that are not deterministic are all asked', async (t) => {
  const { ask } = await setUp(t, [
    { deterministic: false, knows: false },
    { deterministic: false, knows: false },
    OTHER,
  ]);
  assert.deepEqual(await ask(NEVER_DOUBTS), { asked: [0, 1, 2], answered: 2 });
});

test('attack: a service claims the digest of a good one and says that it does not know, so the good one is passed over', async (t) => {
  const { ask, know } = await setUp(t, [SAME, { deterministic: true, knows: true }]);
  assert.deepEqual(await ask(NEVER_DOUBTS), { asked: [0], answered: 0 });
  assert.deepEqual(await ask(DOUBTS), { asked: [0, 1], answered: 1 }, 'now and then it is not believed');
  assert.deepEqual(await ask(NEVER_DOUBTS), { asked: [0, 1], answered: 1 }, 'and once caught, never again');
  know(1, false);
  assert.deepEqual((await ask(NEVER_DOUBTS)).asked, [0, 1]);
});
