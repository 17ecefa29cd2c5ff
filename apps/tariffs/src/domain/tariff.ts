import { sameJson } from '@voltap/kernel';
/** Whether two tariffs say the same, whatever the order of their fields and their time of modification. */
export function sameTariff(left: object, right: object): boolean {
  return sameJson({ ...left, last_updated: undefined }, { ...right, last_updated: undefined });
}
