import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sampleLocations, sampleTariffs } from './sample-network.js';

// Writes the shipped files anew, from <folder of this module>/../../sample.
const folder = join(import.meta.dirname, '../../sample');
writeFileSync(join(folder, 'locations.json'), `${JSON.stringify(sampleLocations(), null, 2)}\n`);
writeFileSync(join(folder, 'tariffs.json'), `${JSON.stringify(sampleTariffs(), null, 2)}\n`);
