import type { Clock } from '@voltap/kernel';
import type { Journal } from '../journal.js';
import { methodNotAllowed, notFound, type OcpiReply, refused, success } from '../wire/envelope.js';
import { type JsonObject, textOf, textsOf } from '../wire/json.js';
import { ocpiTime } from '../wire/version.js';
import { page } from './paging.js';
import type { PtpStore } from './ptp-store.js';
import type { Received } from './received.js';

/** Sender of payments: terminals (list, one, PUT, PATCH, activate, deactivate) and confirmations (list, one). */
export class PaymentsSender {
  constructor(
    private readonly store: PtpStore,
    private readonly journal: Journal,
    private readonly clock: Clock,
    private readonly takesPatch: boolean,
    private readonly moduleUrl: (request: Received) => string,
    private readonly onActivate: (terminal: JsonObject) => void,
  ) {}

  handle(request: Received): OcpiReply {
    const [family, id, action] = request.segments;
    if (family === 'financial-advice-confirmations') return this.confirmations(request, id);
    if (family !== 'terminals') return notFound('this address');
    if (id === undefined) {
      if (request.method !== 'GET') return methodNotAllowed();
      return page(Object.values(this.store.state.terminals), request.query, `${this.moduleUrl(request)}/terminals`);
    }
    if (id === 'activate') return request.method === 'POST' ? this.activate(request) : methodNotAllowed();
    const terminal = this.store.state.terminals[id.toUpperCase()];
    if (!terminal) return notFound('this terminal');
    if (action === 'deactivate') {
      if (request.method !== 'POST') return methodNotAllowed();
      this.write(id, { ...terminal, location_ids: [], evse_uids: [], last_updated: ocpiTime(this.clock.now()) });
      return success();
    }
    switch (request.method) {
      case 'GET':
        return success(terminal);
      case 'PATCH':
        return this.takesPatch ? this.update(request, id, terminal) : methodNotAllowed();
      case 'PUT':
        return this.update(request, id, terminal);
      default:
        return methodNotAllowed();
    }
  }

  private update(request: Received, id: string, terminal: JsonObject): OcpiReply {
    const body = request.body;
    if (!body) return refused(2001, 'a JSON object is expected');
    if (textOf(body, 'last_updated') === undefined) {
      request.complain('PAY-43', `${request.method} terminal without last_updated`);
      return refused(2001, 'last_updated is missing');
    }
    const named = textOf(body, 'terminal_id');
    if (request.method === 'PUT' && named === undefined) {
      request.complain('PAY-45', 'PUT terminal without terminal_id');
      return refused(2001, 'terminal_id is missing');
    }
    if (named !== undefined && named.toUpperCase() !== id.toUpperCase()) {
      request.complain('COO-04', 'terminal_id differs from the URL');
      return refused(2001, 'terminal_id differs from the URL');
    }
    const customer = textOf(body, 'customer_reference');
    const expected = textOf(terminal, 'customer_reference');
    // The reference was agreed when the terminal was ordered; a PATCH for another customer is not ours to obey (PAY-54).
    if (request.method === 'PATCH' && customer !== undefined && expected !== undefined && customer !== expected)
      return refused(2001, 'this terminal belongs to another customer_reference');
    this.write(id, request.method === 'PUT' ? body : { ...terminal, ...body });
    const after = this.store.state.terminals[id.toUpperCase()];
    this.journal.tell({
      from: 'Voltap',
      to: 'Payter',
      message: `${request.method} terminal`,
      detail: [...textsOf(after, 'location_ids'), ...textsOf(after, 'evse_uids')].join(' ') || undefined,
    });
    return success();
  }

  private activate(request: Received): OcpiReply {
    const body = request.body;
    const reference = textOf(body ?? undefined, 'reference') ?? textOf(body ?? undefined, 'serial_number');
    if (!body || reference === undefined) return refused(2001, 'reference is missing');
    const known = Object.values(this.store.state.terminals).find((each) => textOf(each, 'reference') === reference);
    const id = textOf(known, 'terminal_id') ?? textOf(body, 'terminal_id') ?? `TERM-${reference}`.slice(0, 36);
    const terminal = { ...known, ...body, reference, terminal_id: id, last_updated: ocpiTime(this.clock.now()) };
    this.write(id, terminal);
    this.onActivate(terminal);
    return success();
  }

  private write(id: string, terminal: JsonObject): void {
    this.store.commit((state) => {
      state.terminals[id.toUpperCase()] = terminal;
    });
  }

  private confirmations(request: Received, id: string | undefined): OcpiReply {
    if (request.method !== 'GET') return methodNotAllowed();
    if (id !== undefined) {
      const found = this.store.state.confirmations[id.toUpperCase()];
      return found ? success(found.confirmation) : notFound('this confirmation');
    }
    const all = Object.values(this.store.state.confirmations).map(({ confirmation }) => confirmation);
    return page(all, request.query, `${this.moduleUrl(request)}/financial-advice-confirmations`);
  }
}
