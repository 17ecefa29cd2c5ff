import { Injectable } from '@nestjs/common';
import { VoltapError } from '@voltap/kernel';
import { PartnerDirectory } from '../store/partner-directory.js';

const PATIENCE_MS = 10_000;
const LOOK_EVERY_MS = 10;

/** Holds an answer back until the directory knows what it speaks of: a token that it hands out works from then on. */
@Injectable()
export class AwaitRevision {
  constructor(private readonly directory: PartnerDirectory) {}

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
