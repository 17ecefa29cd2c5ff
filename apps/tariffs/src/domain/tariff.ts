/** Whether two tariffs say the same, whatever the order of their fields and their time of modification. */
export function sameTariff(left: object, right: object): boolean {
  return canonical({ ...left, last_updated: undefined }) === canonical({ ...right, last_updated: undefined });
}

function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([left], [right]) => (left < right ? -1 : 1)))
      : inner,
  );
}
