import { runService } from '@voltap/platform/bootstrap';
import { cdrs } from './service.js';

await runService(cdrs);
