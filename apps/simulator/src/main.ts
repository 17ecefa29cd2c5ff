import { type CommandLine, helpText, readCommandLine } from './command-line.js';
import { sampleLocations, sampleTariffs } from './sample/sample-network.js';
import { type Simulator, startSimulator } from './simulator.js';
import { ensureNetwork } from './story/onboarding.js';
import { leaveCharges, playCharge } from './story/play-charge.js';
import { storyLine } from './story/story-line.js';

/** How often the PTP asks for what it may have missed. */
const POLL_EVERY_MS = 60_000;

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

async function tellStory(simulator: Simulator, wanted: CommandLine): Promise<void> {
  if (wanted.sample) await ensureNetwork(simulator, { locations: sampleLocations(), tariffs: sampleTariffs() });
  const hush = simulator.journal.subscribe((event) => {
    if (event.reference !== undefined) print(storyLine(event));
  });
  await leaveCharges(simulator);
  hush();
  const played = await playCharge(simulator, {
    minutes: wanted.minutes,
    ocpiVersion: wanted.ocpiVersion,
    onEvent: (event) => print(storyLine(event)),
  });
  const complaints = simulator.ptp.log.complaints;
  for (const { rule, method, path, message } of complaints) print(`complaint  ${rule}  ${method} ${path}  ${message}`);
  print(
    `${played.screen.energy} for ${played.screen.cost}, captured ${played.screen.captured} over OCPI ${played.version}`,
  );
  print(`Receipt: ${played.receiptUrl ?? 'the platform gave no invoice_base_url'}`);
}

/** Chargers that change and other drivers' charges at their end. */
function tellCity(simulator: Simulator): void {
  simulator.journal.subscribe((event) => {
    if (event.from === 'city' && /^(EVSE|session COMPLETED)/.test(event.message)) print(storyLine(event));
  });
}

function untilSignal(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
  // Whoever started us with a channel and is gone leaves nobody to serve.
  process.once('disconnect', () => resolve());
  return promise;
}

async function main(): Promise<void> {
  const wanted = readCommandLine(process.argv.slice(2), process.env);
  if (wanted.help) {
    process.stdout.write(helpText());
    return;
  }
  const ended = untilSignal();
  const simulator = await startSimulator(wanted.options);
  try {
    const told = tellStory(simulator, wanted);
    // A signal ends the story as well; what fails while everything closes is no news.
    const first = await Promise.race([told.then(() => 'told' as const), ended.then(() => 'ended' as const)]);
    if (first === 'ended') {
      told.catch(() => undefined);
      return;
    }
    if (wanted.once) return;
    tellCity(simulator);
    simulator.city.start();
    simulator.ptp.startPolling(POLL_EVERY_MS);
    print(`The PTP serves at ${simulator.ptp.url}, control at ${simulator.controlUrl}; the city lives until Ctrl-C.`);
    await ended;
  } finally {
    await simulator.close();
  }
}

try {
  await main();
  process.exit(0);
} catch (error) {
  process.stderr.write(`simulator: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}
