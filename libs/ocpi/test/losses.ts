import { expect } from '@jest/globals';
import type { ObjectName } from '@voltap/ocpi/model';
import { type ConversionPolicy, downgrade, type Loss, upgrade } from '@voltap/ocpi/versions';
import type { z } from 'zod';

/** The value with everything taken out that the losses point at; a list element that was lost becomes a hole. */
export function without(value: unknown, losses: readonly Loss[]): unknown {
  const copy = structuredClone({ root: value }) as Record<string, unknown>;
  for (const { pointer } of losses) {
    const steps = pointer.split('/').slice(1);
    let holder: unknown = copy;
    let last = 'root';
    for (const step of steps) {
      holder = (holder as Record<string, unknown> | undefined)?.[last];
      last = step;
    }
    if (Array.isArray(holder)) holder[Number(last)] = undefined;
    else if (typeof holder === 'object' && holder !== null) delete (holder as Record<string, unknown>)[last];
  }
  return compact(copy.root);
}

function compact(value: unknown): unknown {
  if (Array.isArray(value)) return value.filter((element) => element !== undefined).map(compact);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, compact(inner)]));
}

/** Asserts: what is not listed as lost comes back, the way back is valid, and no input was changed. */
export function expectReturn(
  object: ObjectName,
  schema: z.ZodType,
  value: unknown,
  policy: ConversionPolicy = {},
): void {
  const before = JSON.stringify(value);
  const down = downgrade(object, '2.2.1', value, policy);
  if (down.value === undefined) {
    expect(down.losses.some(({ pointer }) => pointer === '')).toBe(true);
    return;
  }
  const back = upgrade(object, '2.2.1', JSON.parse(JSON.stringify(down.value)), policy);
  expect(schema.safeParse(back.value).success).toBe(true);
  expect(JSON.stringify(value)).toBe(before);
  const { losses } = down;
  expect(without(realigned(back.value, value, losses), losses)).toEqual(without(value, losses));
}

/** A lost element is missing in what came back, so its index there means another one: put the hole back. */
export function realigned(back: unknown, original: unknown, losses: readonly Loss[], pointer = ''): unknown {
  if (Array.isArray(original) && Array.isArray(back)) {
    if (original.length === back.length) {
      return back.map((element, index) => realigned(element, original[index], losses, `${pointer}/${index}`));
    }
    let next = 0;
    return original.map((element, index) => {
      const at = `${pointer}/${index}`;
      if (losses.some((loss) => loss.pointer === at)) return undefined;
      const returned: unknown = back[next];
      next += 1;
      return realigned(returned, element, losses, at);
    });
  }
  if (typeof back !== 'object' || back === null || typeof original !== 'object' || original === null) return back;
  return Object.fromEntries(
    Object.entries(back).map(([name, inner]) => [
      name,
      realigned(inner, (original as Record<string, unknown>)[name], losses, `${pointer}/${name}`),
    ]),
  );
}
