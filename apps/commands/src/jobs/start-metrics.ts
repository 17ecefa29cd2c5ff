import { Injectable, type OnModuleInit } from '@nestjs/common';
import { ORPHAN_POLICIES } from '@voltap/contracts/events';
import { type CommandResultType, commandResultTypeSchema } from '@voltap/ocpi/model';
import { Metrics, type Observation } from '@voltap/platform/telemetry';
import type { Decider } from '../domain/command.js';
import { CommandRepository } from '../store/command-repository.js';

const RECENT_HOURS = 24;
/** However many EVSEs there are, so many have series. */
const MOST_EVSES = 20;
const REPEATED_WITHIN_MINUTES = 10;
const REPEATED_STARTS = 3;

/** How a start may end, and by whom. */
const START_OUTCOMES: readonly (readonly [CommandResultType, Decider])[] = [
  ...commandResultTypeSchema.options.map((result) => [result, 'BACK_END'] as const),
  ['TIMEOUT', 'DEADLINE'],
  ['ACCEPTED', 'SESSION'],
];

/** Where drivers cannot start, and where cards are held again and again. */
@Injectable()
export class StartMetrics implements OnModuleInit {
  constructor(
    private readonly metrics: Metrics,
    private readonly commands: CommandRepository,
  ) {}

  onModuleInit(): void {
    this.metrics.begin(
      'voltap.commands.orphans',
      ...ORPHAN_POLICIES.map((policy) => ({ 'voltap.orphan.policy': policy })),
    );
    // Where every start fails from the beginning, the ACCEPTED ones are 0, not absent; and what many drivers waited for may end
    // in one sweep, which would be the first count of a process.
    this.metrics.begin(
      'voltap.commands.outcomes',
      ...START_OUTCOMES.map(([result, decidedBy]) => ({
        'voltap.command.type': 'START_SESSION',
        'voltap.result': result,
        'voltap.decided_by': decidedBy,
      })),
    );
    this.metrics.observe(['voltap.starts.recent'], async () =>
      (await this.commands.startsByEvse(RECENT_HOURS, MOST_EVSES)).flatMap(
        ({ partnerId, locationId, evseUid, accepted, failed }): Observation[] => {
          const attributes = {
            'voltap.partner.id': partnerId,
            'voltap.location.id': locationId,
            'voltap.evse.uid': evseUid,
          };
          const name = 'voltap.starts.recent' as const;
          return [
            { name, value: accepted, attributes: { ...attributes, 'voltap.outcome': 'accepted' } },
            { name, value: failed, attributes: { ...attributes, 'voltap.outcome': 'failed' } },
          ];
        },
      ),
    );
    this.metrics.observe(['voltap.starts.repeated'], async () => [
      {
        name: 'voltap.starts.repeated',
        value: await this.commands.evsesWithStarts(REPEATED_STARTS, REPEATED_WITHIN_MINUTES),
      },
    ]);
  }
}
