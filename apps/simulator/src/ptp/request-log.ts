import type { Clock } from '@voltap/kernel';
import type { Json } from '../wire/json.js';

/** One request as it came in, and how it was answered. */
export interface ReceivedRequest {
  /** Counts all requests since the start, from 1. */
  readonly sequence: number;
  readonly at: string;
  readonly method: string;
  /** Path without query. */
  readonly path: string;
  readonly query: string;
  readonly headers: Readonly<Record<string, string>>;
  /** The body exactly as received. */
  readonly raw: string;
  /** The body parsed; undefined when there was none or it is no JSON. */
  readonly body: Json | undefined;
  /** Null while unanswered, and for good when the socket was cut. */
  httpStatus: number | null;
  statusCode: number | null;
}

/** A breach of the protocol by the platform, with the id of the requirement. */
export interface ProtocolComplaint {
  readonly at: string;
  readonly rule: string;
  readonly message: string;
  readonly method: string;
  readonly path: string;
  readonly sequence: number;
}

/** Keeps the last `limit` requests in order, and every complaint. */
export class RequestLog {
  private readonly kept: ReceivedRequest[] = [];
  private readonly found: ProtocolComplaint[] = [];
  private readonly requestIds = new Set<string>();
  private count = 0;

  constructor(
    private readonly clock: Clock,
    private readonly limit: number,
  ) {}

  get requests(): readonly ReceivedRequest[] {
    return this.kept;
  }

  get complaints(): readonly ProtocolComplaint[] {
    return this.found;
  }

  add(request: Omit<ReceivedRequest, 'sequence' | 'at' | 'httpStatus' | 'statusCode'>): ReceivedRequest {
    this.count += 1;
    const entry: ReceivedRequest = {
      ...request,
      sequence: this.count,
      at: this.clock.now().toISOString(),
      httpStatus: null,
      statusCode: null,
    };
    this.kept.push(entry);
    if (this.kept.length > this.limit) this.kept.shift();
    return entry;
  }

  /** Whether this X-Request-ID was seen before; remembers it (IDS-03). */
  repeatsRequestId(id: string): boolean {
    if (this.requestIds.has(id)) return true;
    this.requestIds.add(id);
    const oldest = this.requestIds.values().next().value;
    if (this.requestIds.size > this.limit && oldest !== undefined) this.requestIds.delete(oldest);
    return false;
  }

  complain(request: ReceivedRequest, rule: string, message: string): void {
    const { method, path, sequence } = request;
    this.found.push({ at: this.clock.now().toISOString(), rule, message, method, path, sequence });
  }
}
