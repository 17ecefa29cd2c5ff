/** The protocol library is used by folder: `@voltap/ocpi/model`, `…/endpoints`, `…/server`; this entry names the version only. */
export { isOcpiVersion, OCPI_VERSIONS, type OcpiVersion } from './model/index.js';
