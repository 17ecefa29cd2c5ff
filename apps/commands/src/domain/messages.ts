import type { DisplayText } from '@voltap/ocpi/model';

/** What the driver reads on the terminal, in the languages we speak. */
const MESSAGES = {
  removed: {
    en: 'This charge point is no longer in service.',
    de: 'Dieser Ladepunkt ist nicht mehr in Betrieb.',
    fr: "Ce point de charge n'est plus en service.",
    nl: 'Dit laadpunt is niet meer in gebruik.',
  },
  chooseEvse: {
    en: 'Please choose a charge point.',
    de: 'Bitte wählen Sie einen Ladepunkt.',
    fr: 'Veuillez choisir un point de charge.',
    nl: 'Kies een laadpunt.',
  },
  foreignToken: {
    en: 'This means of payment does not belong to this terminal.',
    de: 'Dieses Zahlungsmittel gehört nicht zu diesem Terminal.',
    fr: "Ce moyen de paiement n'appartient pas à ce terminal.",
    nl: 'Dit betaalmiddel hoort niet bij deze terminal.',
  },
  alreadyEnded: {
    en: 'This charging session has already ended.',
    de: 'Dieser Ladevorgang ist bereits beendet.',
    fr: 'Cette session de recharge est déjà terminée.',
    nl: 'Deze laadsessie is al beëindigd.',
  },
  foreignSession: {
    en: 'This charging session was not started here.',
    de: 'Dieser Ladevorgang wurde nicht hier gestartet.',
    fr: "Cette session n'a pas été démarrée ici.",
    nl: 'Deze laadsessie is niet hier gestart.',
  },
  notSupported: {
    en: 'This is not possible here.',
    de: 'Das ist hier nicht möglich.',
    fr: "Ce n'est pas possible ici.",
    nl: 'Dit is hier niet mogelijk.',
  },
  noAnswer: {
    en: 'The charge point does not answer. You will not be charged.',
    de: 'Der Ladepunkt antwortet nicht. Es wird nichts berechnet.',
    fr: 'Le point de charge ne répond pas. Rien ne sera facturé.',
    nl: 'Het laadpunt antwoordt niet. Er wordt niets in rekening gebracht.',
  },
} as const;

export function message(key: keyof typeof MESSAGES): DisplayText[] {
  return Object.entries(MESSAGES[key]).map(([language, text]) => ({ language, text }));
}
