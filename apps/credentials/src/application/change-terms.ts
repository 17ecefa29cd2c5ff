import { Injectable } from '@nestjs/common';
import { partnerUpdated } from '@voltap/contracts/events';
import { type FieldViolation, partyKey, sameJson, sameParty, VoltapError } from '@voltap/kernel';
import { type PartnerTerms, type StoredPartner, withTerms } from '../domain/partner.js';
import type { Cause } from '../domain/partner-event.js';
import { ChangePartner } from './change-partner.js';
import { done } from './happened.js';

const TERMS = [
  'name',
  'profile',
  'environment',
  'settings',
  'parties',
  'partnerParties',
  'customerReferences',
  'versions',
  'requiredEndpoints',
  'allowedHosts',
] as const satisfies readonly (keyof PartnerTerms)[];

/** The operator decides anew what holds for a connection. What was agreed with the partner stays as it is. */
@Injectable()
export class ChangeTerms {
  constructor(private readonly changePartner: ChangePartner) {}

  /** @throws VoltapError not_found; invalid_parameter when the terms contradict what is agreed. */
  async execute(partnerId: string, terms: PartnerTerms, cause: Cause): Promise<StoredPartner> {
    return this.changePartner.execute(partnerId, (current) => {
      const changed = TERMS.filter((name) => !sameJson(current[name], terms[name]));
      if (changed.length === 0) return null;
      const violations = contradictions(current, terms);
      if (violations.length > 0) {
        throw new VoltapError('invalid_parameter', 'The terms contradict what is agreed with the partner.', {
          violations,
        });
      }
      const happened = done({ action: 'change-terms', cause }, `Changed ${changed.join(', ')}`);
      return { partner: withTerms(current, terms), told: partnerUpdated, happened };
    });
  }
}

function contradictions(current: StoredPartner, terms: PartnerTerms): readonly FieldViolation[] {
  const { version, roles } = current;
  const violations: FieldViolation[] = [];
  if (version !== null && !terms.versions.includes(version)) {
    const message = `${version} is agreed with the partner; rotate to another version first`;
    violations.push({ pointer: '/versions', message });
  }
  for (const role of terms.partnerParties.length === 0 ? [] : roles) {
    if (terms.partnerParties.some((party) => sameParty(party, role))) continue;
    violations.push({
      pointer: '/partnerParties',
      message: `lacks ${partyKey(role)}, with which the partner registered`,
    });
  }
  return violations;
}
