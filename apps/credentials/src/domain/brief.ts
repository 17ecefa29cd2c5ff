const LONGEST = 300;

/** What a partner said, as long as people read it: it decides how much it sends, we how much we keep. */
export function brief(text: string): string {
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}
