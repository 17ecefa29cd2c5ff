import { pino } from 'pino';

/** The log of the local platform; the terminal is kept for the story. */
export function fileDestination(path: string) {
  return pino.destination({ dest: path, append: true, sync: false, mkdir: true });
}
