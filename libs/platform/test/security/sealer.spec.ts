import { describe, expect, it } from '@jest/globals';
import { Sealer } from '@voltap/platform/security';

const OLD = 'the old secret, long enough to be one';
const NEW = 'the new secret, long enough to be one';

describe('a sealer', () => {
  it('opens what it sealed, and nothing that was changed or that another sealed', () => {
    const sealer = new Sealer(OLD);
    const sealed = sealer.seal('tök en');
    expect(sealer.open(sealed)).toBe('tök en');
    expect(sealer.seal('tök en')).not.toBe(sealed);
    const changed = sealed.slice(0, -2) + (sealed.endsWith('AA') ? 'BB' : 'AA');
    for (const wrong of [changed, '', 'AAAA', new Sealer(NEW).seal('tök en')]) {
      expect(() => sealer.open(wrong)).toThrow('not known');
    }
  });

  it('seals with the new secret during a rotation, and knows what the old one sealed', () => {
    const before = new Sealer(OLD);
    const during = new Sealer(`${NEW}|${OLD}`);
    const after = new Sealer(NEW);
    expect(during.open(before.seal('token'))).toBe('token');
    expect(during.isCurrent(before.seal('token'))).toBe(false);
    expect(during.isCurrent(during.seal('token'))).toBe(true);
    expect(after.open(during.seal('token'))).toBe('token');
    expect(() => after.open(before.seal('token'))).toThrow('not known');
    expect(during.hashes('token')).toEqual([after.hash('token'), before.hash('token')]);
    expect(during.hash('token')).toBe(after.hash('token'));
  });

  it('takes no secret that is too short', () => {
    expect(() => new Sealer(`${NEW}|short`)).toThrow('32 characters');
  });
});
