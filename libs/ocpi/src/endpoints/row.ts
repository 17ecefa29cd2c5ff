import type { z } from 'zod';
import type { InterfaceRole, ObjectName, OcpiVersion } from '../model/index.js';

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
  | 'payments'
  | 'chargingprofiles'
  | 'hubclientinfo'
  | 'invoicereconciliation';

export type HttpMethod = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** A query parameter that a chapter names. */
export interface QueryParameter {
  readonly name: string;
  readonly required: boolean;
  readonly description: string;
}

/**
 * One endpoint of the protocol as a value. The controller, the typed client call, validation, version details and the
 * conversion between versions are all derived from it.
 */
export interface EndpointRow<
  Request extends z.ZodType | undefined = z.ZodType | undefined,
  Response extends z.ZodType | 'none' = z.ZodType | 'none',
  Path extends string = string,
  Paginated extends boolean = boolean,
> {
  /** `<module>.<sender|receiver>.<name>`, unique. */
  readonly id: string;
  readonly module: OcpiModule;
  /** The interface that serves it. */
  readonly role: InterfaceRole;
  readonly method: HttpMethod;
  /** Relative to the URL of the module, `''` or with a leading slash and `:names` for parameters. */
  readonly path: Path;
  readonly request: Request;
  /** The object answered in `data`; the element for lists; `'none'` where the chapters name no payload (ENV-09). */
  readonly response: Response;
  /** The answer is a paged list of `response` (requirements PAG). */
  readonly paginated: Paginated;
  /** Names of what request and response hold; the conversion between the versions is found by them. */
  readonly objects: { readonly request?: ObjectName; readonly response?: ObjectName };
  /** Query parameters besides those of paging. */
  readonly query: readonly QueryParameter[];
  /** First version that has it; absent: all. */
  readonly since?: OcpiVersion;
  /** Served only to partners with this quirk; others get 405 (ENV-15). */
  readonly quirk?: 'patchTerminals' | 'putTerminals';
}

/** Names of the parameters in a path: `'/:a/:b'` gives `'a' | 'b'`. */
export type ParameterOf<Path extends string> = Path extends `${string}:${infer Name}/${infer Rest}`
  ? Name | ParameterOf<Rest>
  : Path extends `${string}:${infer Name}`
    ? Name
    : never;

/** Type of the body of a row; undefined where it takes none. */
export type RequestOf<Row extends EndpointRow> = Row['request'] extends z.ZodType
  ? z.output<Row['request']>
  : undefined;

/** Type of the answered object of a row; of one element for paged lists. */
export type ResponseOf<Row extends EndpointRow> = Row['response'] extends z.ZodType
  ? z.output<Row['response']>
  : undefined;

interface RowInput<
  Request extends z.ZodType | undefined,
  Response extends z.ZodType | 'none',
  Paginated extends boolean,
> {
  readonly request?: Request;
  readonly response?: Response;
  readonly paginated?: Paginated;
  readonly objects?: EndpointRow['objects'];
  readonly query?: EndpointRow['query'];
  readonly since?: OcpiVersion;
  readonly quirk?: EndpointRow['quirk'];
}

/** Rows of one interface: `interfaceOf('locations', 'SENDER')('list', 'GET', '', { … })`. */
export function interfaceOf(module: OcpiModule, role: InterfaceRole) {
  return <
    const Path extends string,
    Request extends z.ZodType | undefined = undefined,
    Response extends z.ZodType | 'none' = 'none',
    Paginated extends boolean = false,
  >(
    name: string,
    method: HttpMethod,
    path: Path,
    input: RowInput<Request, Response, Paginated> = {},
  ): EndpointRow<Request, Response, Path, Paginated> =>
    Object.freeze({
      id: `${module}.${role.toLowerCase()}.${name}`,
      module,
      role,
      method,
      path,
      request: input.request as Request,
      response: (input.response ?? 'none') as Response,
      paginated: (input.paginated ?? false) as Paginated,
      objects: input.objects ?? {},
      query: input.query ?? [],
      ...(input.since ? { since: input.since } : {}),
      ...(input.quirk ? { quirk: input.quirk } : {}),
    });
}
