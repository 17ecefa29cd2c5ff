import { Injectable } from '@nestjs/common';
import { VoltapError } from '@voltap/kernel';
import { PartnerDirectory } from '../store/partner-directory.js';

/** Header of the credentials service: `<partner id> <revision>` that its answer speaks of. */
const REVISION_HEADER = 'voltap-partner-revision';
const PATIENCE_MS = 20_000;
const LOOK_EVERY_MS = 10;

/** An answer of a service that has not been read. */
interface Unread {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: { dump(): Promise<void> };
}

/**
 * Holds an answer back until the directory knows what it speaks of: from then on a token that it hands out works, and one
 * that it ended is dead, on all replicas.
 */
@Injectable()
export class AwaitRevision {
  constructor(private readonly directory: PartnerDirectory) {}

  /** Before the answer is passed on. @throws VoltapError unavailable when the directory does not follow. */
  async before({ headers, body }: Unread): Promise<void> {
    const revision = headers[REVISION_HEADER];
    if (typeof revision !== 'string') return;
    try {
      await this.execute(revision);
    } catch (error) {
      await body.dump();
      throw error;
    }
  }

  /** `spokenOf`: `<partner id> <revision>`. @throws VoltapError unavailable when the directory does not follow. */
  async execute(spokenOf: string): Promise<void> {
    const [partnerId = '', revision = ''] = spokenOf.split(' ');
    const end = Date.now() + PATIENCE_MS;
    for (;;) {
      const entry = await this.directory.find(partnerId);
      if (entry !== null && entry.revision >= Number(revision)) return;
      if (Date.now() >= end)
        throw new VoltapError('unavailable', 'The exchange is done but not known everywhere yet; try again.');
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    }
  }
}
