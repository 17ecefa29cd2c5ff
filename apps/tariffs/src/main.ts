import { runService } from '@voltap/platform/bootstrap';
import { tariffs } from './service.js';

await runService(tariffs);
