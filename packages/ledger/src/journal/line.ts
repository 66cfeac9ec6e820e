import { crc32 } from 'node:zlib';

/**
 * One record as one line: `<seq> <crc32, 8 hex digits> <JSON>\n`. JSON has no raw line breaks, so a line that is whole
 * ends in one. The checksum starts from the sequence number: a good record in a wrong place is a bad record.
 */
export function encodeLine(seq: number, json: string): Buffer {
  return Buffer.from(`${seq} ${checksum(seq, Buffer.from(json))} ${json}\n`);
}

function checksum(seq: number, json: Uint8Array): string {
  return crc32(json, crc32(String(seq)))
    .toString(16)
    .padStart(8, '0');
}

const SPACE = 0x20;

/** The record of a line (without its line break), or null unless it is whole and numbered `seq`. */
export function decodeLine(line: Uint8Array, seq: number): unknown | null {
  const numberEnd = line.indexOf(SPACE);
  if (numberEnd < 1 || numberEnd > 16 || line[numberEnd + 9] !== SPACE) return null;
  const head = Buffer.from(line.buffer, line.byteOffset, numberEnd + 9).toString('latin1');
  const json = line.subarray(numberEnd + 10);
  if (head !== `${seq} ${checksum(seq, json)}`) return null;
  return JSON.parse(Buffer.from(json.buffer, json.byteOffset, json.length).toString('utf8'));
}

/** True when a line is a whole record of any number: what stands behind a bad record tells damage from a torn tail. */
export function isWholeLine(line: Uint8Array): boolean {
  const numberEnd = line.indexOf(SPACE);
  if (numberEnd < 1 || numberEnd > 16) return false;
  const seq = Number(Buffer.from(line.buffer, line.byteOffset, numberEnd).toString('latin1'));
  return Number.isSafeInteger(seq) && decodeLine(line, seq) !== null;
}
