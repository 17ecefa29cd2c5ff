import { createCipheriv, createDecipheriv, createHash, createHmac, randomBytes } from 'node:crypto';

/** Between the secrets of a sealer; no secret contains it. */
const SEPARATOR = '|';
const LEAST_CHARACTERS = 32;

interface Key {
  readonly seal: Buffer;
  readonly hash: Buffer;
}

/**
 * Secrets on a topic or in a table are sealed (AES-256-GCM), and compared by a keyed hash (HMAC-SHA256).
 *
 * Its own secret can be rotated: `new|old` seals with the new one and still opens what the old one sealed. Whoever keeps
 * sealed texts seals them anew; when nothing is left that `isCurrent` denies, the old one can go.
 */
export class Sealer {
  private readonly keys: readonly [Key, ...Key[]];

  /** @throws Error when one of the secrets is too short. */
  constructor(secrets: string) {
    const [first = '', ...before] = secrets.split(SEPARATOR);
    this.keys = [keyOf(first), ...before.map(keyOf)];
  }

  /** base64url of nonce (12 bytes), tag (16 bytes), ciphertext. */
  seal(text: string): string {
    const nonce = randomBytes(12);
    const cipher = createCipheriv('aes-256-gcm', this.keys[0].seal, nonce);
    const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
    return Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString('base64url');
  }

  /** @throws Error when the text was not sealed with one of these secrets. */
  open(sealed: string): string {
    for (const key of this.keys) {
      const text = openWith(key, sealed);
      if (text !== null) return text;
    }
    throw new Error('sealed with a secret that is not known (any more)');
  }

  /** Whether it was sealed with the newest secret. */
  isCurrent(sealed: string): boolean {
    return openWith(this.keys[0], sealed) !== null;
  }

  /** Look-up value of a secret, hex. Equal secrets have equal hashes; nothing leads back. */
  hash(text: string): string {
    return hashWith(this.keys[0], text);
  }

  /** Look-up values by all secrets, the newest first: for what may have been hashed before a rotation. */
  hashes(text: string): readonly string[] {
    return this.keys.map((key) => hashWith(key, text));
  }
}

function keyOf(secret: string): Key {
  if (secret.length < LEAST_CHARACTERS)
    throw new Error(`a sealing secret needs at least ${LEAST_CHARACTERS} characters`);
  return {
    seal: createHash('sha256').update(`seal:${secret}`).digest(),
    hash: createHash('sha256').update(`hash:${secret}`).digest(),
  };
}

function hashWith({ hash }: Key, text: string): string {
  return createHmac('sha256', hash).update(text, 'utf8').digest('hex');
}

/** Null when it was sealed with another key, or changed since. */
function openWith({ seal }: Key, sealed: string): string | null {
  const bytes = Buffer.from(sealed, 'base64url');
  try {
    const decipher = createDecipheriv('aes-256-gcm', seal, bytes.subarray(0, 12));
    decipher.setAuthTag(bytes.subarray(12, 28));
    return Buffer.concat([decipher.update(bytes.subarray(28)), decipher.final()]).toString('utf8');
  } catch {
    // Authentication failed: that is the answer, not an error.
    return null;
  }
}
