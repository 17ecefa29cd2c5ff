import { createCipheriv, createDecipheriv, createHash, createHmac, randomBytes } from 'node:crypto';

/** Secrets on a topic or in a table are sealed (AES-256-GCM), and compared by a keyed hash (HMAC-SHA256). */
export class Sealer {
  private readonly key: Buffer;
  private readonly hashKey: Buffer;

  constructor(secret: string) {
    this.key = createHash('sha256').update(`seal:${secret}`).digest();
    this.hashKey = createHash('sha256').update(`hash:${secret}`).digest();
  }

  /** base64url of nonce (12 bytes), tag (16 bytes), ciphertext. */
  seal(text: string): string {
    const nonce = randomBytes(12);
    const cipher = createCipheriv('aes-256-gcm', this.key, nonce);
    const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
    return Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString('base64url');
  }

  /** @throws when the text was not sealed with this key. */
  open(sealed: string): string {
    const bytes = Buffer.from(sealed, 'base64url');
    const decipher = createDecipheriv('aes-256-gcm', this.key, bytes.subarray(0, 12));
    decipher.setAuthTag(bytes.subarray(12, 28));
    return Buffer.concat([decipher.update(bytes.subarray(28)), decipher.final()]).toString('utf8');
  }

  /** Look-up value of a secret, hex. Equal secrets have equal hashes; nothing leads back. */
  hash(text: string): string {
    return createHmac('sha256', this.hashKey).update(text, 'utf8').digest('hex');
  }
}
