// A Jaeger of this machine until its reader goes away: one line of JSON on stdout, `{ otlpUrl, queryUrl }`, once it serves.
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startJaeger } from './telemetry/jaeger.ts';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const say = (line) => process.stderr.write(`${line}\n`);
try {
  const { stop, ...urls } = await startJaeger(join(root, 'node_modules/.cache/voltap/telemetry'), say);
  process.stdout.write(`${JSON.stringify(urls)}\n`);
  const end = () => stop().then(() => process.exit(0));
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, end);
  // Whoever started us holds the other end.
  if (!process.stdin.isTTY) process.stdin.on('end', end).resume();
} catch (error) {
  say(error.message);
  process.exitCode = 1;
}
