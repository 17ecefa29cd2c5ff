import { EventPattern } from '@nestjs/microservices';
import type { AnyEventDefinition } from '@voltap/kernel';

/** What `@Handles` leaves on a method for the transport. */
export interface HandlesExtras {
  readonly definitions: readonly AnyEventDefinition[];
}

/**
 * Makes a method of a consumer the only handler of these events in its service:
 * `@Handles(sessionEnded) async on(@Payload() message: EventMessage<SessionEnded>, @Ctx() consumption: Consumption)`.
 * It runs in the transaction of its effect; what it throws rolls back and is retried.
 */
export function Handles(...definitions: readonly AnyEventDefinition[]): MethodDecorator {
  const topics = definitions.map(({ topic }) => topic);
  return EventPattern<string[]>(topics, { definitions } satisfies HandlesExtras);
}
