/**
 * Whether two JSON values say the same: whatever the order of their fields, and a field that is undefined being one that
 * is not there, as it is once it has been written and read.
 */
export function sameJson(left: unknown, right: unknown): boolean {
  if (left === right) return true;
  if (typeof left !== 'object' || typeof right !== 'object' || left === null || right === null) return false;
  if (Array.isArray(left) || Array.isArray(right)) {
    if (!Array.isArray(left) || !Array.isArray(right) || left.length !== right.length) return false;
    return left.every((item, index) => sameJson(item, right[index]));
  }
  const fields = new Set([...Object.keys(left), ...Object.keys(right)]);
  return [...fields].every((field) =>
    sameJson((left as Record<string, unknown>)[field], (right as Record<string, unknown>)[field]),
  );
}
