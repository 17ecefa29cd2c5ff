import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Jobs } from '@voltap/platform/jobs';
import { ReservationRepository } from '../store/reservation-repository.js';

/** The end of a reservation is a column: whichever replica looks first ends it, also after a restart. */
@Injectable()
export class ExpireReservations implements OnModuleInit {
  constructor(
    private readonly jobs: Jobs,
    private readonly reservations: ReservationRepository,
  ) {}

  onModuleInit(): void {
    this.jobs.add({
      name: 'expire-reservations',
      everyMs: 1_000,
      run: async () => {
        await this.reservations.expire();
      },
    });
  }
}
