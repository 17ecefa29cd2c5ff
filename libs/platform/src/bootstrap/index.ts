export { processSettings, productionSettings, telemetrySettings } from './environment.js';
export * from './platform.js';
export * from './prepare-service.js';
export * from './process-platform.js';
export * from './readiness.js';
export * from './run-service.js';
export * from './service-definition.js';
export { SERVICE_NODE_OPTIONS } from './service-process.js';
export * from './start-service.js';
