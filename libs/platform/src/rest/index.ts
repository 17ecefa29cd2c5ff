export * from './cursor.js';
export * from './owned-body.js';
export * from './party-parameter.js';
export * from './problem.js';
export * from './rest-endpoint.js';
export * from './validate.js';
