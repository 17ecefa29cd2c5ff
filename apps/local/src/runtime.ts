import type { ServiceAddresses } from '@voltap/platform/bootstrap';
import type { PostgresServer } from '@voltap/platform/embedded';
import type { LocalOptions } from './options.js';
import type { DataDirectory } from './voltap-directory.js';

/** All that the two shapes of a local platform are built from. */
export interface RuntimeInputs {
  readonly options: LocalOptions;
  readonly directory: DataDirectory;
  readonly postgres: PostgresServer;
  readonly addresses: ServiceAddresses;
}

export interface Runtime {
  stop(): Promise<void>;
}

/** Settings of the services in local mode. */
export function serviceEnvironment({ options, directory, addresses }: RuntimeInputs): Record<string, string> {
  return {
    VOLTAP_PUBLIC_URL: options.publicUrl,
    VOLTAP_GATEWAY_PUBLIC_HOST: '127.0.0.1',
    VOLTAP_GATEWAY_PUBLIC_PORT: String(options.publicPort),
    VOLTAP_GATEWAY_BACK_OFFICE_HOST: '127.0.0.1',
    VOLTAP_GATEWAY_BACK_OFFICE_PORT: String(options.backOfficePort),
    VOLTAP_API_KEYS: `${directory.apiKey}:read+operate+back-end`,
    VOLTAP_EGRESS_ALLOW_INSECURE: 'true',
    VOLTAP_SERVICE_ADDRESSES: JSON.stringify(addresses),
  };
}
