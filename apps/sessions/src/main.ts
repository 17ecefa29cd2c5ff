import { runService } from '@voltap/platform/bootstrap';
import { sessions } from './service.js';

await runService(sessions);
