/** Stack traces name our TypeScript; the maps of packages would cost 10 MB. */
const OWN_SOURCE_MAPS = `data:text/javascript,import{setSourceMapsSupport}from'node:module';setSourceMapsSupport(true,{nodeModules:false})`;

/**
 * How Node.js is started for a process with one service in it. Its young generation stays small: by itself it grows to
 * 48 MB in each of nine processes, which a service that mostly waits for others never needs.
 */
export const SERVICE_NODE_OPTIONS: readonly string[] = ['--import', OWN_SOURCE_MAPS, '--max-semi-space-size=2'];
