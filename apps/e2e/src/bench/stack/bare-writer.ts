import { openBareKafka } from '@voltap/platform/measuring';
import { KafkaEventBus } from '@voltap/platform/production';
import { createLogger } from '@voltap/platform/telemetry';
import { byCallers, paced } from './arrivals.js';
import { answer } from './measured-process.js';
import { BARE_TOPIC, bareMessage, now, PARTITIONS } from './messaging-event.js';
import { CALLERS, PER_SECOND, readWhere } from './settings.js';

/** The bare producer: by itself it sends as many at once as the relay does, or each event when it comes. */
const { kafka } = readWhere();
const logger = createLogger({ level: 'warn', service: 'bench-bare' });
const topics = new KafkaEventBus(kafka, logger);
await topics.ensureTopics([{ topic: BARE_TOPIC, partitions: PARTITIONS, compacted: false }]);
await topics.close();
const bare = await openBareKafka(kafka, logger);

const AT_ONCE = 500;

answer(
  {
    /** Sends this many in large requests. @returns when it began */
    large: async (count) => {
      const began = now();
      for (let done = 0; done < count; done += AT_ONCE) {
        const size = Math.min(AT_ONCE, count - done);
        await bare.send(
          BARE_TOPIC,
          Array.from({ length: size }, (_, at) => bareMessage(done + at)),
        );
      }
      return began;
    },
    /** This many requests of one event. @returns when it began */
    each: async (count) => {
      const began = now();
      await byCallers(CALLERS, count, (index) => bare.send(BARE_TOPIC, [bareMessage(index)]));
      return began;
    },
    paced: (count) => paced(PER_SECOND, count, (index) => bare.send(BARE_TOPIC, [bareMessage(index)])),
  },
  () => bare.close(),
);
