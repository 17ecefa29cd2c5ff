import { PROFILE_NAMES, profileOf, type Quirks, quirkOverridesSchema } from '@voltap/ocpi/profiles';
import { z } from 'zod';
import type { Partner } from '../domain/partner.js';

const profileNameSchema = z.enum(PROFILE_NAMES);

/** The effective settings of a partner. @throws ZodError when the stored ones are not of this release. */
export function quirksOf({ profile, settings }: Pick<Partner, 'profile' | 'settings'>): Readonly<Quirks> {
  return profileOf(profileNameSchema.parse(profile), quirkOverridesSchema.parse(settings)).quirks;
}
