import type { CommandResult, CommandResultType, DisplayText } from '@voltap/ocpi/model';

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
  reserved: {
    en: 'This charge point is reserved for somebody else.',
    de: 'Dieser Ladepunkt ist für jemand anderen reserviert.',
    fr: "Ce point de charge est réservé pour quelqu'un d'autre.",
    nl: 'Dit laadpunt is voor iemand anders gereserveerd.',
  },
  expiryPassed: {
    en: 'The end of this reservation has passed already.',
    de: 'Das Ende dieser Reservierung ist schon vorbei.',
    fr: 'La fin de cette réservation est déjà passée.',
    nl: 'Het einde van deze reservering is al voorbij.',
  },
  expiryTooFar: {
    en: 'Charge points cannot be reserved for so long.',
    de: 'So lange kann kein Ladepunkt reserviert werden.',
    fr: 'Un point de charge ne peut pas être réservé aussi longtemps.',
    nl: 'Zo lang kan een laadpunt niet worden gereserveerd.',
  },
  occupied: {
    en: 'This charge point is in use.',
    de: 'Dieser Ladepunkt ist belegt.',
    fr: 'Ce point de charge est occupé.',
    nl: 'Dit laadpunt is bezet.',
  },
  inoperative: {
    en: 'This charge point is out of order.',
    de: 'Dieser Ladepunkt ist außer Betrieb.',
    fr: 'Ce point de charge est hors service.',
    nl: 'Dit laadpunt is buiten werking.',
  },
  failed: {
    en: 'The charge point could not do this.',
    de: 'Der Ladepunkt konnte das nicht ausführen.',
    fr: "Le point de charge n'a pas pu effectuer cette opération.",
    nl: 'Het laadpunt kon dit niet uitvoeren.',
  },
  refused: {
    en: 'The charge point refuses this.',
    de: 'Der Ladepunkt lehnt das ab.',
    fr: 'Le point de charge refuse cette opération.',
    nl: 'Het laadpunt weigert dit.',
  },
  unknownReservation: {
    en: 'There is no such reservation.',
    de: 'Diese Reservierung gibt es nicht.',
    fr: "Cette réservation n'existe pas.",
    nl: 'Deze reservering bestaat niet.',
  },
  canceledReservation: {
    en: 'Your reservation had to be cancelled.',
    de: 'Ihre Reservierung musste aufgehoben werden.',
    fr: 'Votre réservation a dû être annulée.',
    nl: 'Uw reservering moest worden geannuleerd.',
  },
} as const;

const OF_RESULT: Readonly<Partial<Record<CommandResultType, MessageKey>>> = {
  EVSE_OCCUPIED: 'occupied',
  EVSE_INOPERATIVE: 'inoperative',
  FAILED: 'failed',
  REJECTED: 'refused',
  NOT_SUPPORTED: 'notSupported',
  UNKNOWN_RESERVATION: 'unknownReservation',
  CANCELED_RESERVATION: 'canceledReservation',
};

/** A result that says why: in the back-end's words, else in ours, so that no driver is left with a code. */
export function explained(result: CommandResult): CommandResult {
  const key = OF_RESULT[result.result];
  const silent = result.message === undefined || result.message.length === 0;
  return silent && key !== undefined ? { ...result, message: message(key) } : result;
}

export type MessageKey = keyof typeof MESSAGES;

export function message(key: MessageKey): DisplayText[] {
  return Object.entries(MESSAGES[key]).map(([language, text]) => ({ language, text }));
}
