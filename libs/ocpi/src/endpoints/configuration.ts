import { z } from 'zod';
import { credentialsSchema, versionDetailsSchema, versionSchema } from '../model/index.js';
import { interfaceOf } from './row.js';

const version = interfaceOf('versions', 'SENDER');
const credential = interfaceOf('credentials', 'SENDER');

/** Versions and version details: no module of their own, the same on both sides (VER-01..14). */
export const versions = {
  list: version('list', 'GET', '', { response: z.array(versionSchema), objects: { response: 'Version' } }),
  /** Relative to the URL that the version list gives. */
  details: version('details', 'GET', '', {
    response: versionDetailsSchema,
    objects: { response: 'VersionDetails' },
  }),
};

const both = { request: credentialsSchema, response: credentialsSchema };
const bothObjects = { request: 'Credentials', response: 'Credentials' } as const;

/** The same on both sides; listed once, with role SENDER, and the role of a peer's entry is disregarded (VER-05). */
export const credentials = {
  get: credential('get', 'GET', '', { response: credentialsSchema, objects: { response: 'Credentials' } }),
  post: credential('post', 'POST', '', { ...both, objects: bothObjects }),
  put: credential('put', 'PUT', '', { ...both, objects: bothObjects }),
  delete: credential('delete', 'DELETE', ''),
};
