import type { Conversion } from './conversion.js';

/** The Payments chapter that 2.2.1 never released spells one field of a terminal with a blank (E-23). */
const DRAFT_SPELLING = 'customer reference';

export const terminalConversion: Conversion = {
  upgrade(terminal) {
    if (!(DRAFT_SPELLING in terminal) || 'customer_reference' in terminal) return terminal;
    const { [DRAFT_SPELLING]: customer_reference, ...rest } = terminal;
    return { ...rest, customer_reference };
  },
  downgrade: (terminal) => terminal,
};
