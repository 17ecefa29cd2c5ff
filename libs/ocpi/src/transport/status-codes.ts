/** OCPI status codes (requirements section 3). 1xxx is success; 4xxx comes from hubs only. */
export const STATUS = {
  success: 1000,
  clientError: 2000,
  invalidParameters: 2001,
  notEnoughInformation: 2002,
  unknownLocation: 2003,
  unknownToken: 2004,
  serverError: 3000,
  unusableClientApi: 3001,
  unsupportedVersion: 3002,
  missingEndpoints: 3003,
} as const;

/** ENV-10, ENV-11: every 1xxx code is a success, whatever the HTTP status. */
export function isSuccess(statusCode: number): boolean {
  return statusCode >= 1000 && statusCode < 2000;
}
