import { describe, expect, it } from '@jest/globals';
import { knownElsewhere } from '../src/application/known-elsewhere.js';

describe('a session that others know before we do', () => {
  it('is looked for until it is here', async () => {
    const looks = [null, null, 'the session', 'a later look'];
    expect(await knownElsewhere(async () => looks.shift() ?? null)).toBe('the session');
    expect(looks).toEqual(['a later look']);
  });

  it('is waited for in vain when nobody has it', async () => {
    let looks = 0;
    const look = async () => {
      looks += 1;
      return null;
    };
    expect(await knownElsewhere(look)).toBeNull();
    expect(looks).toBeGreaterThan(1);
  });
});
