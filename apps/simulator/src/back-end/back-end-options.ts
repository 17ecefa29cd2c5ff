import type { Party } from '@voltap/kernel';
import { type JsonObject, objectOf, textOf } from '../wire/json.js';

export interface BackEndOptions {
  /** Only this party's charge points are ours; null: all. */
  readonly party: Party | null;
  /** Virtual seconds per real second, ≥ 1, for charges that a terminal starts. */
  readonly speed: number;
  /** Virtual minutes after which such a charge has caught up with the present. */
  readonly plannedMinutes: number;
  /** Real milliseconds between two meter readings that are reported. */
  readonly reportEveryMs: number;
  /** Virtual seconds from the start command to the plug. */
  readonly plugInSeconds: number;
  /** Virtual seconds after which a start without plug is given up. */
  readonly plugInTimeoutSeconds: number;
  /** Seconds of a long poll for commands, ≤ 30. */
  readonly pollSeconds: number;
}

/** A command as the back-office API hands it out. */
export interface BackEndCommand {
  readonly commandId: string;
  readonly type: string;
  readonly idTag: string;
  readonly request: JsonObject;
}

export function readCommand(item: JsonObject): BackEndCommand {
  return {
    commandId: textOf(item, 'commandId') ?? '',
    type: textOf(item, 'type') ?? '',
    idTag: textOf(item, 'idTag') ?? '',
    request: objectOf(item, 'request') ?? {},
  };
}
