import { applyDecorators, Catch, type RpcExceptionFilter, UseFilters } from '@nestjs/common';
import { EventPattern } from '@nestjs/microservices';
import type { AnyEventDefinition } from '@voltap/kernel';
import { type Observable, throwError } from 'rxjs';

/** What `@Handles` leaves on a method for the transport. */
export interface HandlesExtras {
  readonly definitions: readonly AnyEventDefinition[];
}

/** Hands an error of a consumer to the inbox as it is, where Nest would replace it. */
@Catch()
class RethrowFilter implements RpcExceptionFilter {
  catch(exception: unknown): Observable<never> {
    return throwError(() => exception);
  }
}

/**
 * Makes a method of a consumer the only handler of these events in its service:
 * `@Handles(sessionEnded) async on(@Payload() message: EventMessage<SessionEnded>, @Ctx() consumption: Consumption)`.
 * It runs in the transaction of its effect; what it throws rolls back and is retried.
 */
export function Handles(...definitions: readonly AnyEventDefinition[]): MethodDecorator {
  const topics = definitions.map(({ topic }) => topic);
  return applyDecorators(
    EventPattern<string[]>(topics, { definitions } satisfies HandlesExtras),
    UseFilters(new RethrowFilter()),
  );
}
