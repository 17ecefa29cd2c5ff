/**
 * Whether somebody who holds one receipt of a terminal could come upon another by trying references. Those made of
 * enough random characters are safe; counters and short codes are not.
 */
export function canBeGuessed(reference: string): boolean {
  const random = reference.replaceAll(/[^0-9a-z]/gi, '');
  const distinct = new Set(random.toLowerCase()).size;
  return random.length < 20 || distinct < 8 || /^\d+$/.test(random);
}

/** The last four digits of the card in the lines that the terminal printed, e.g. `XXXXXXXXXXXX1234`; all that occur. */
export function lastFourDigits(cardLines: readonly string[]): readonly string[] {
  return cardLines.flatMap((line) =>
    [...line.matchAll(/[*xX•]{2,}[\s-]*(\d{4})\b/g)].map(([, digits]) => digits ?? ''),
  );
}
