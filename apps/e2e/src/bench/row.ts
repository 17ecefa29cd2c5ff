/** A line of the report; `met`: null when there is no goal. */
export type Row = (what: string, measured: string, goal: string, met: boolean | null) => void;

export const printRow: Row = (what, measured, goal, met) => {
  const verdict = met === null ? '' : met ? 'met' : 'not met';
  process.stdout.write(`${what.padEnd(58)} ${measured.padStart(9)}  ${goal.padEnd(9)} ${verdict}\n`);
};
