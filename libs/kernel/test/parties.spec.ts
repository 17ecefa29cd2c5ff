import { describe, expect, it } from '@jest/globals';
import { objectKey, parsePartyKey, partyKey, partyOf, sameParty } from '@voltap/kernel';

describe('parties', () => {
  it('have one key however they are written', () => {
    expect(partyKey({ country_code: 'de', party_id: 'vLt' })).toBe('DE*VLT');
    expect(partyOf(parsePartyKey('de*vlt'))).toEqual({ country_code: 'DE', party_id: 'VLT' });
    expect(sameParty({ country_code: 'de', party_id: 'vlt' }, { country_code: 'DE', party_id: 'VLT' })).toBe(true);
    expect(sameParty({ country_code: 'DE', party_id: 'VLT' }, { country_code: 'AT', party_id: 'VLT' })).toBe(false);
  });

  it('give their objects keys that differ by party and not by case', () => {
    const stuttgart = objectKey({ country_code: 'DE', party_id: 'VLT' }, 'loc-1');
    expect(stuttgart).toBe('DE*VLT*LOC-1');
    expect(objectKey({ country_code: 'de', party_id: 'vlt' }, 'LOC-1')).toBe(stuttgart);
    expect(objectKey({ country_code: 'AT', party_id: 'VLT' }, 'loc-1')).not.toBe(stuttgart);
  });

  it.each(['', 'DE', 'DE*', 'DEU*VLT', 'DE*VLTX', 'DE-VLT', 'D1*VLT'])('refuses %p', (text) => {
    expect(() => parsePartyKey(text)).toThrow(RangeError);
  });
});
