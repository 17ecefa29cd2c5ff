import { Controller } from '@nestjs/common';
import { VoltapError } from '@voltap/kernel';
import { tokens } from '@voltap/ocpi/endpoints';
import { type Token, tokenTypeSchema } from '@voltap/ocpi/model';
import { created, type OcpiCreated, OcpiEndpoint, OcpiRequest, type OcpiRequestOf } from '@voltap/ocpi/server';
import { violationsOf } from '@voltap/ocpi/transport';
import { PatchToken } from '../application/patch-token.js';
import { PutToken } from '../application/put-token.js';
import { maySpeakFor, type TokenIdentity } from '../domain/token.js';
import { TokenRepository } from '../store/token-repository.js';

type GetRequest = OcpiRequestOf<typeof tokens.receiver.get>;

/** Tokens as Receiver (TOK-01 to TOK-07): partners own them, each its own. POST and DELETE are not offered (TOK-06). */
@Controller()
export class TokensOcpiController {
  constructor(
    private readonly putToken: PutToken,
    private readonly patchToken: PatchToken,
    private readonly tokens: TokenRepository,
  ) {}

  @OcpiEndpoint(tokens.receiver.get)
  async read(@OcpiRequest() request: GetRequest): Promise<Token> {
    const identity = identityOf(request);
    const stored = await this.tokens.find(identity);
    if (stored === null || stored.audience !== request.caller.partnerId) {
      throw new VoltapError('unknown_token', `There is no token ${identity.uid} of type ${identity.type}`);
    }
    return stored.content;
  }

  @OcpiEndpoint(tokens.receiver.put)
  async put(
    @OcpiRequest() request: OcpiRequestOf<typeof tokens.receiver.put>,
  ): Promise<OcpiCreated<undefined> | undefined> {
    mustAgree(identityOf(request), request.body.type);
    const outcome = await this.putToken.execute(request.caller.partnerId, request.body);
    return outcome.created ? created() : undefined;
  }

  @OcpiEndpoint(tokens.receiver.patch)
  async patch(@OcpiRequest() request: OcpiRequestOf<typeof tokens.receiver.patch>): Promise<void> {
    const identity = identityOf(request);
    mustAgree(identity, request.body.type);
    await this.patchToken.execute(request.caller.partnerId, identity, request.body);
  }
}

/** The token of the URL; its party must be one of the partner's (COO). @throws VoltapError invalid_parameter. */
function identityOf({ params, query, caller }: Pick<GetRequest, 'params' | 'query' | 'caller'>): TokenIdentity {
  const type = tokenTypeSchema.safeParse(query.type ?? 'RFID');
  if (!type.success) {
    throw new VoltapError('invalid_parameter', 'The type cannot be read', {
      violations: violationsOf(type.error, 'query/type'),
    });
  }
  const identity = {
    country_code: params.country_code,
    party_id: params.party_id,
    type: type.data,
    uid: params.token_uid,
  };
  if (!maySpeakFor(caller.roles, identity)) {
    throw new VoltapError('invalid_parameter', 'The token belongs to somebody else', {
      violations: [{ pointer: 'path/party_id', message: 'is not a party of yours' }],
    });
  }
  return identity;
}

/** TOK-07; the other parts of the URL are compared with the body before. */
function mustAgree({ type }: TokenIdentity, inBody: string | undefined): void {
  if (inBody === undefined || inBody.toUpperCase() === type.toUpperCase()) return;
  throw new VoltapError('invalid_parameter', 'URL and body name different tokens', {
    violations: [{ pointer: '/type', message: `differs from ${type} in the URL, where RFID is the default` }],
  });
}
