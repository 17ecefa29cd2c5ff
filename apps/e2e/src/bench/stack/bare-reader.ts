import { openBareKafka } from '@voltap/platform/measuring';
import { createLogger } from '@voltap/platform/telemetry';
import { Arrivals } from './arrivals.js';
import { answer } from './measured-process.js';
import { BARE_TOPIC, type Measured } from './messaging-event.js';
import { readWhere } from './settings.js';

/** The bare consumer: parses what it hears, and counts it. */
const { kafka } = readWhere();
const bare = await openBareKafka(kafka, createLogger({ level: 'warn', service: 'bench-bare' }));
const arrivals = new Arrivals();
await bare.consume(BARE_TOPIC, 'bench-bare', (values) =>
  arrivals.add(values.map((value) => (JSON.parse(value) as { payload: Measured }).payload.sentAt)),
);

answer(
  {
    until: (count) => arrivals.until(count),
    latency: () => arrivals.latency(),
    forget: () => arrivals.forget(),
  },
  () => bare.close(),
);
