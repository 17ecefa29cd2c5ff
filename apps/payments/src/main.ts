import { runService } from '@voltap/platform/bootstrap';
import { payments } from './service.js';

await runService(payments);
