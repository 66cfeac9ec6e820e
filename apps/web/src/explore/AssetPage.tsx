/** Follows soon. */
export function AssetPage() {
  return null;
}
