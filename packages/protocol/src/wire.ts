/** JSON text of a value with amounts (`bigint`) as decimal strings: the form every schema of ours reads back. */
export function toWire(value: unknown): string {
  return JSON.stringify(value, (_, v: unknown) => (typeof v === 'bigint' ? v.toString() : v));
}
