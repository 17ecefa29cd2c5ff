/** What no test shows yet: the reason, and the ids that it holds for. Every other requirement is named by a test. */
export const OPEN: readonly (readonly [reason: string, ids: string])[] = [];
