import type { FieldViolation } from '@voltap/kernel';
import type { Location } from '@voltap/ocpi/model';

/** EVSEs and connectors that share an id within what holds them: nobody could tell which one is meant. */
export function ambiguousIds(location: Location): FieldViolation[] {
  const evses = location.evses ?? [];
  return [
    ...repeated(evses.map(({ uid }) => uid)).map((index) => violation(`/evses/${index}/uid`)),
    ...evses.flatMap(({ connectors }, evse) =>
      repeated(connectors.map(({ id }) => id)).map((index) => violation(`/evses/${evse}/connectors/${index}/id`)),
    ),
  ];
}

/** Places of ids that were there before; ids compare without case. */
function repeated(ids: readonly string[]): number[] {
  const seen = new Set<string>();
  return ids.flatMap((id, index) => {
    const before = seen.size;
    return seen.add(id.toUpperCase()).size === before ? [index] : [];
  });
}

function violation(pointer: string): FieldViolation {
  return { pointer, message: 'is there twice' };
}
