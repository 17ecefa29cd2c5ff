import { describe, expect, it } from '@jest/globals';
import { derivedId } from '@voltap/kernel';

describe('an id that follows from something else', () => {
  it('is the same for ever, since partners keep it', () => {
    expect(derivedId('cdr', 'DE*VLT*S-1')).toBe('20f4970b-539c-5379-b63f-4f9cabb0a87c');
  });

  it('differs by what it is and by what it is made from', () => {
    const ids = [derivedId('cdr', 'DE*VLT*S-1'), derivedId('cdr', 'DE*VLT*S-2'), derivedId('receipt', 'DE*VLT*S-1')];
    expect(new Set(ids).size).toBe(3);
  });
});
