import { Controller } from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import { type BackEndAnswer, backEndAnswered } from '@voltap/contracts/events';
import type { EventMessage } from '@voltap/kernel';
import { type Consumption, Handles } from '@voltap/platform/messaging';
import { CompleteCommand } from '../application/complete-command.js';

/** Answers of a back-end that writes them to the log. */
@Controller()
export class AnswersConsumer {
  constructor(private readonly completeCommand: CompleteCommand) {}

  @Handles(backEndAnswered)
  async answered(
    @Payload() { payload: { commandId, ...result } }: EventMessage<BackEndAnswer>,
    @Ctx() { transaction }: Consumption,
  ): Promise<void> {
    await this.completeCommand.answerWithin(transaction, commandId, result);
  }
}
