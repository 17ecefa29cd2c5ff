export * from './cursor.js';
export * from './problem.js';
export * from './rest-endpoint.js';
export * from './validate.js';
