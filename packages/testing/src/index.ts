export { type Child, type ChildOptions, cutFile, killAfterSteps, startChild } from './child.ts';
export { type TestClock, testClock } from './clock.ts';
export {
  type DevnetFixture,
  type DevnetFixtureOptions,
  devnetFixture,
  TEST_MNEMONIC,
  testKey,
} from './devnet-fixture.ts';
export {
  type Behaviour,
  type FakeRequest,
  type FakeUpstream,
  type FakeUsage,
  fakeUpstream,
  type Script,
} from './fake-upstream.ts';
export { type Random, seededRandom } from './random.ts';
