import { runService } from '@voltap/platform/bootstrap';
import { commands } from './service.js';

await runService(commands);
