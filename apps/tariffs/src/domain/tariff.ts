import { isDeepStrictEqual } from 'node:util';
/** Whether two tariffs say the same, whatever the order of their fields and their time of modification. */
export function sameTariff(left: object, right: object): boolean {
  return isDeepStrictEqual({ ...left, last_updated: undefined }, { ...right, last_updated: undefined });
}
