export {
  type DevnetFixture,
  type DevnetFixtureOptions,
  devnetFixture,
  TEST_MNEMONIC,
  testKey,
} from './devnet-fixture.ts';
