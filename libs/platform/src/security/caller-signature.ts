import { createHmac, timingSafeEqual } from 'node:crypto';

/** Header by which the gateway tells a service who is calling. */
export const CALLER_HEADER = 'voltap-caller';

/** Signs and checks what the gateway says of a caller, so that no one but the gateway can say it. */
export class CallerSignature {
  constructor(private readonly secret: string) {}

  /** `<base64url JSON>.<base64url HMAC-SHA256>` */
  sign(caller: object): string {
    const text = Buffer.from(JSON.stringify(caller)).toString('base64url');
    return `${text}.${this.mac(text)}`;
  }

  /** The caller, or null when the header is not the gateway's. */
  verify(header: string): unknown {
    const [text, mac] = header.split('.');
    if (text === undefined || mac === undefined) return null;
    const expected = Buffer.from(this.mac(text));
    const given = Buffer.from(mac);
    if (expected.length !== given.length || !timingSafeEqual(expected, given)) return null;
    return JSON.parse(Buffer.from(text, 'base64url').toString('utf8')) as unknown;
  }

  private mac(text: string): string {
    return createHmac('sha256', this.secret).update(text).digest('base64url');
  }
}
