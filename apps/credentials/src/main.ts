import { runService } from '@voltap/platform/bootstrap';
import { credentials } from './service.js';

await runService(credentials);
