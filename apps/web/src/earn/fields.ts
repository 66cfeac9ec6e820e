import { Address } from '@tributary/protocol';

/** Checks of what people type; null when it is fine, else a sentence that says what would be. */

const NAME = /^[\p{L}\p{N}][\p{L}\p{N} ._/-]{0,59}$/u;

export function wrongName(text: string): string | null {
  const name = text.trim();
  if (name === '') return 'Give it a name.';
  return NAME.test(name) ? null : 'Use letters, digits, spaces and . _ / - only, at most 60.';
}

const LONGEST_DESCRIPTION = 400;

export function wrongDescription(text: string): string | null {
  return text.trim().length <= LONGEST_DESCRIPTION ? null : `At most ${LONGEST_DESCRIPTION} characters.`;
}

export function wrongUrl(text: string): string | null {
  const protocol = URL.parse(text.trim())?.protocol;
  return protocol === 'http:' || protocol === 'https:' ? null : 'An address such as http://127.0.0.1:11434/v1.';
}

export function wrongFolder(text: string): string | null {
  if (text.trim() === '') return 'Name the folder, such as ./documents.';
  return /[\0\n]/.test(text) ? 'A path has no line breaks.' : null;
}

export function wrongAddress(text: string): string | null {
  return Address.safeParse(text.trim()).success ? null : 'An address: 0x and 40 digits from 0 to 9 and a to f.';
}
