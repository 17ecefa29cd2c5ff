import { runService } from '@voltap/platform/bootstrap';
import { tokens } from './service.js';

await runService(tokens);
