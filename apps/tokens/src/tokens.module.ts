import { Module } from '@nestjs/common';
import { UnservedOcpiController } from '@voltap/ocpi/server';
import { PatchToken } from './application/patch-token.js';
import { PutToken } from './application/put-token.js';
import { TokensBackOfficeController } from './http/tokens.back-office-controller.js';
import { TokensOcpiController } from './http/tokens.ocpi-controller.js';
import { TokenRepository } from './store/token-repository.js';

@Module({
  controllers: [TokensOcpiController, TokensBackOfficeController, UnservedOcpiController],
  providers: [PatchToken, PutToken, TokenRepository],
})
export class TokensModule {}
