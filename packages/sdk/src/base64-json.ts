const MAX_HEADER_CHARACTERS = 64 * 1024;

/** Base64 of a value's JSON in UTF-8: the form of x402 headers. Amounts must be strings already. */
export function encodeBase64Json(value: unknown): string {
  const bytes = new TextEncoder().encode(JSON.stringify(value));
  let binary = '';
  for (const b of bytes) binary += String.fromCharCode(b);
  return btoa(binary);
}

/** The JSON value in an x402 header, or undefined when the header is absent, too long or not base64 JSON. */
export function decodeBase64Json(header: string | null | undefined): unknown {
  if (!header || header.length > MAX_HEADER_CHARACTERS) return undefined;
  try {
    const binary = atob(header);
    return JSON.parse(new TextDecoder().decode(Uint8Array.from(binary, (c) => c.charCodeAt(0))));
  } catch {
    return undefined;
  }
}
