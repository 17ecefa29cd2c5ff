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
  noAnswerYet: {
    en: 'The charge point does not answer. If charging begins nevertheless, it is paid with this card.',
    de: 'Der Ladepunkt antwortet nicht. Beginnt das Laden dennoch, wird es mit dieser Karte bezahlt.',
    fr: 'Le point de charge ne répond pas. Si la recharge commence malgré tout, elle sera payée avec cette carte.',
    nl: 'Het laadpunt antwoordt niet. Begint het laden toch, dan wordt het met deze kaart betaald.',
  },
  notDone: {
    en: 'The charge point does not answer. Please use the charge point or the vehicle itself.',
    de: 'Der Ladepunkt antwortet nicht. Bitte bedienen Sie den Ladepunkt oder das Fahrzeug selbst.',
    fr: 'Le point de charge ne répond pas. Veuillez utiliser le point de charge ou le véhicule.',
    nl: 'Het laadpunt antwoordt niet. Gebruik het laadpunt of het voertuig zelf.',
  },
  unsettled: {
    en: 'The charge point has not answered your last attempt yet. Please wait a few minutes or choose another one.',
    de: 'Der Ladepunkt hat Ihren letzten Versuch noch nicht beantwortet. Bitte warten Sie einige Minuten oder wählen Sie einen anderen.',
    fr: "Le point de charge n'a pas encore répondu à votre dernier essai. Patientez quelques minutes ou choisissez-en un autre.",
    nl: 'Het laadpunt heeft uw laatste poging nog niet beantwoord. Wacht enkele minuten of kies een ander.',
  },
  referenceInUse: {
    en: 'This payment belongs to another charging session. Please present your card again.',
    de: 'Diese Zahlung gehört zu einem anderen Ladevorgang. Bitte halten Sie Ihre Karte erneut vor.',
    fr: 'Ce paiement appartient à une autre session de recharge. Veuillez présenter à nouveau votre carte.',
    nl: 'Deze betaling hoort bij een andere laadsessie. Houd uw kaart opnieuw voor de lezer.',
  },
} as const;

export type MessageKey = keyof typeof MESSAGES;

export function message(key: MessageKey): DisplayText[] {
  return Object.entries(MESSAGES[key]).map(([language, text]) => ({ language, text }));
}
