import { runService } from '@voltap/platform/bootstrap';
import { gateway } from './service.js';

await runService(gateway);
