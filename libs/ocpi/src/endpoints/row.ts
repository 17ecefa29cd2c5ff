import type { z } from 'zod';
import type { InterfaceRole, OcpiVersion } from '../model/index.js';

/** Modules by their identifier in version details; `versions` stands for the two endpoints without identifier. */
export type OcpiModule =
  | 'versions'
  | 'credentials'
  | 'locations'
  | 'tariffs'
  | 'sessions'
  | 'cdrs'
  | 'tokens'
  | 'commands'
  | 'payments';

/** Names of the model objects that bodies and answers consist of; the conversion between versions is found by them. */
export type ObjectName =
  | 'AuthorizationInfo'
  | 'CDR'
  | 'CancelReservation'
  | 'CommandResponse'
  | 'CommandResult'
  | 'Connector'
  | 'Credentials'
  | 'EVSE'
  | 'FinancialAdviceConfirmation'
  | 'Location'
  | 'LocationReferences'
  | 'ReserveNow'
  | 'Session'
  | 'StartSession'
  | 'StopSession'
  | 'Tariff'
  | 'Terminal'
  | 'Token'
  | 'UnlockConnector'
  | 'Version'
  | 'VersionDetails';

export type HttpMethod = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/**
 * One endpoint of the protocol as a value. The controller, the typed client call, validation, version details and the
 * conversion between versions are all derived from it.
 */
export interface EndpointRow<
  Request extends z.ZodType | undefined = z.ZodType | undefined,
  Response extends z.ZodType | 'none' = z.ZodType | 'none',
> {
  /** `<module>.<sender|receiver>.<name>`, unique. */
  readonly id: string;
  readonly module: OcpiModule;
  /** The interface that serves it. */
  readonly role: InterfaceRole;
  readonly method: HttpMethod;
  /** Relative to the URL of the module, `''` or with a leading slash and `:names` for parameters. */
  readonly path: string;
  readonly request: Request;
  /** The object answered in `data`; the element for lists; `'none'` where the chapters name no payload (ENV-09). */
  readonly response: Response;
  /** The answer is a paged list of `response` (requirements PAG). */
  readonly paginated: boolean;
  readonly objects: { readonly request?: ObjectName; readonly response?: ObjectName };
  /** First version that has it; absent: all. */
  readonly since?: OcpiVersion;
}

/** Type of the body of a row; undefined where it takes none. */
export type RequestOf<Row extends EndpointRow> =
  Row extends EndpointRow<infer Request, z.ZodType | 'none'>
    ? Request extends z.ZodType
      ? z.output<Request>
      : undefined
    : never;

/** Type of the answered object of a row; of one element for paged lists. */
export type ResponseOf<Row extends EndpointRow> =
  Row extends EndpointRow<z.ZodType | undefined, infer Response>
    ? Response extends z.ZodType
      ? z.output<Response>
      : undefined
    : never;

interface RowInput<Request extends z.ZodType | undefined, Response extends z.ZodType | 'none'> {
  readonly request?: Request;
  readonly response?: Response;
  readonly paginated?: boolean;
  readonly objects?: EndpointRow['objects'];
  readonly since?: OcpiVersion;
}

/** Rows of one interface: `interfaceOf('locations', 'SENDER')('list', 'GET', '', { … })`. */
export function interfaceOf(module: OcpiModule, role: InterfaceRole) {
  return <Request extends z.ZodType | undefined = undefined, Response extends z.ZodType | 'none' = 'none'>(
    name: string,
    method: HttpMethod,
    path: string,
    input: RowInput<Request, Response> = {},
  ): EndpointRow<Request, Response> =>
    Object.freeze({
      id: `${module}.${role.toLowerCase()}.${name}`,
      module,
      role,
      method,
      path,
      request: input.request as Request,
      response: (input.response ?? 'none') as Response,
      paginated: input.paginated ?? false,
      objects: input.objects ?? {},
      ...(input.since ? { since: input.since } : {}),
    });
}
