export * from './pull-schedule.js';
export * from './sightings.js';
export * from './source-pulls.js';
