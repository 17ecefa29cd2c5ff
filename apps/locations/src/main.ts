import { runService } from '@voltap/platform/bootstrap';
import { locations } from './service.js';

await runService(locations);
