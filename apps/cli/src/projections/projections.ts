import { setTimeout as delay } from 'node:timers/promises';
import { operationsEndpoints, type ProjectionRecord } from '@voltap/contracts/back-office';
import type { Command } from 'commander';
import type { BackOffice } from '../back-office.js';
import { CommandFailure, EXIT } from '../failure.js';
import { askServices, perhapsAService, theService } from '../services.js';
import { type Output, table } from '../terminal.js';

const LOOK_EVERY_MS = 500;

const HELP = `
Examples:
  voltap projections list
  voltap projections list commands
  voltap projections rebuild commands tariff_projection`;

/** `voltap projections …`: what services keep of each other's facts. */
export function addProjections(program: Command, api: BackOffice, output: Output): void {
  const projections = program
    .command('projections')
    .description("what services keep of each other's facts: look, build anew")
    .addHelpText('after', HELP);
  const ofService = async (service: string): Promise<ProjectionRecord[]> =>
    (await api.call(operationsEndpoints.listProjections, { params: { service } })).items;

  projections
    .command('list')
    .description('the projections of one service or of all')
    .addArgument(perhapsAService())
    .action((named: string | undefined) =>
      askServices(named, output, ofService, (answers) => {
        const found = answers.flatMap(([service, kept]) => kept.map((projection) => ({ service, ...projection })));
        output.print(found, () =>
          table(
            ['SERVICE', 'NAME', 'ROWS', 'LAST REBUILD', 'TOPICS'],
            found.map(({ service, name, rows, rebuild, topics }) => [
              service,
              name,
              String(rows),
              rebuildText(rebuild),
              topics.join(' '),
            ]),
          ),
        );
      }),
    );

  projections
    .command('rebuild')
    .description('build a projection anew from its topics, while the service serves from the old one')
    .addArgument(theService())
    .argument('<name>')
    .option('--no-wait', 'begin, and do not wait for its end')
    .action(async (service: string, name: string, { wait }: { wait: boolean }) => {
      let projection = await api.call(operationsEndpoints.rebuildProjection, { params: { service, name } });
      let said = '';
      while (wait && projection.rebuild?.state === 'RUNNING') {
        const text = rebuildText(projection.rebuild);
        if (text !== said) output.tell(text);
        said = text;
        await delay(LOOK_EVERY_MS);
        const found = (await ofService(service)).find((candidate) => candidate.name === name);
        if (found === undefined)
          throw new CommandFailure(`${service} has no projection ${name} any more.`, EXIT.refused);
        projection = found;
      }
      output.print(
        projection,
        () => `${name} of ${service}: ${projection.rows} rows, ${rebuildText(projection.rebuild)}`,
      );
      if (projection.rebuild?.state === 'FAILED')
        throw new CommandFailure(
          `The rebuild failed, and the old rows are served: ${projection.rebuild.error ?? 'no reason was given'}`,
          EXIT.refused,
        );
    });
}

function rebuildText(rebuild: ProjectionRecord['rebuild']): string {
  if (rebuild === null) return 'never';
  const left = rebuild.eventsLeft === null ? '' : `, ${rebuild.eventsLeft} left of this topic`;
  const unreadable = rebuild.unreadable === 0 ? '' : `, ${rebuild.unreadable} unreadable`;
  if (rebuild.state === 'RUNNING') return `running: ${rebuild.eventsRead} events read${left}${unreadable}`;
  return `${rebuild.state.toLowerCase()} ${rebuild.finishedAt ?? ''}: ${rebuild.eventsRead} events read${unreadable}`;
}
