/** What no test shows yet: the reason, and the ids that it holds for. Every other requirement is named by a test. */
export const OPEN: readonly (readonly [reason: string, ids: string])[] = [
  // Transport and types
  ['TLS ends at the ingress in front of the gateway, which the chart configures and no test here has', 'TRN-14'],
  ['nothing that we send has a field of our own', 'FMT-21'],
  [
    'what is refused as unknown is put again as a whole, without reading the copy of the partner before',
    'UPD-07 LOC-27',
  ],
  ['hubs are not supported', 'HUB-01 HUB-02'],
  [
    'decided otherwise: the result of a command is repeated within the announced time until it is acknowledged',
    'OFF-04',
  ],
  // Locations and tariffs
  ['an EVSE that moves is for the back-end to give a new id, and a status to report when it comes', 'LOC-07 LOC-21'],
  ['what the operator says of its network is not judged yet against its tariffs', 'LOC-09 LOC-10 LOC-11 TAR-06'],
  ['what the operator says of its chargers is not judged yet', 'LOC-18 LOC-19 LOC-20 LOC-22 LOC-30'],
  ['ids are keys of a table; a test that says so is missing', 'TAR-22 SES-26'],
  // Sessions, CDRs, tokens
  [
    'periods are cut where the back-end reports, and priced by the second; no test looks at the cut alone yet',
    'SES-19 CDR-16',
  ],
  ['an unused reservation has a CDR only when the back-end reported a session with an EVSE of ours', 'CDR-28'],
  ['the address of a stored CDR is kept, and not read yet', 'CDR-03'],
  ['the back-end says when a vehicle takes no power; that it means what OCPI means cannot be checked here', 'CDR-19'],
  [
    'the platform authorises nobody in real time yet: starts come by command',
    'TOK-09 TOK-10 TOK-13 TOK-14 TOK-15 CMD-14',
  ],
  ['holds by what was built; a test that says so is missing', 'TOK-16 PAY-62 PAY-64 PAY-65 PAY-66 PAY-68'],
  // Payments
  ['which EVSEs a terminal serves is the union of two lists, which no test starts at yet', 'PAY-50'],
  ['a matter of setting up a partner', 'PAY-54'],
  ['charging profiles are not offered', 'CHP-02 CHP-03'],
];
