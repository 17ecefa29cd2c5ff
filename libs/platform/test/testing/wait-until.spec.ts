import { describe, expect, it } from '@jest/globals';
import { waitUntil } from '@voltap/platform/testing';

describe('waitUntil', () => {
  it('returns the first true answer', async () => {
    let asked = 0;
    const probe = () => {
      asked += 1;
      if (asked === 1) throw new Error('not yet');
      return asked === 3 && { asked };
    };
    expect(await waitUntil(probe, { describe: 'the third answer' })).toEqual({ asked: 3 });
  });

  it('says what it waited for and what it saw last', async () => {
    await expect(waitUntil(() => undefined, { describe: 'Godot', timeoutMs: 20 })).rejects.toThrow(
      'Waited 20 ms for Godot; last seen: undefined',
    );
    const refusing = () => Promise.reject(new Error('no such road'));
    await expect(waitUntil(refusing, { describe: 'Godot', timeoutMs: 20 })).rejects.toThrow(
      'last seen: error no such road',
    );
  });
});
