import { CommandFailure, EXIT } from '../failure.js';

/** @throws CommandFailure when the text is no party. */
export function partyIn(text: string): { country_code: string; party_id: string } {
  const [country_code, party_id, ...more] = text.split('*');
  if (!country_code || !party_id || more.length > 0) {
    throw new CommandFailure(`${text} is no party; DE*VLT is one.`, EXIT.usage);
  }
  return { country_code, party_id };
}
