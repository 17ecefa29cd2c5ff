import type { Foundation } from './foundation.js';
import type { LocalOptions } from './options.js';
import type { Topology } from './topology.js';
import type { DataDirectory } from './voltap-directory.js';

/** All that the two shapes of a local platform are built from. */
export interface RuntimeInputs {
  readonly options: LocalOptions;
  readonly directory: DataDirectory;
  readonly foundation: Foundation;
  readonly topology: Topology;
}

export interface Runtime {
  stop(): Promise<void>;
}

/** Settings of the services in local mode. */
export function serviceEnvironment(
  { options, directory, topology }: RuntimeInputs,
  environment: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  const traces: Record<string, string> =
    options.telemetry === null
      ? {}
      : {
          OTEL_EXPORTER_OTLP_ENDPOINT: options.telemetry,
          VOLTAP_TRACE_RATIO: environment.VOLTAP_TRACE_RATIO ?? '1',
        };
  return {
    ...traces,
    VOLTAP_PUBLIC_URL: options.publicUrl,
    VOLTAP_GATEWAY_PUBLIC_HOST: '127.0.0.1',
    VOLTAP_GATEWAY_PUBLIC_PORT: String(options.publicPort),
    VOLTAP_GATEWAY_BACK_OFFICE_HOST: '127.0.0.1',
    VOLTAP_GATEWAY_BACK_OFFICE_PORT: String(options.backOfficePort),
    VOLTAP_API_KEYS: `${directory.apiKey}:read+operate+back-end`,
    VOLTAP_EGRESS_ALLOW_INSECURE: 'true',
    VOLTAP_SERVICE_ADDRESSES: JSON.stringify(topology.addresses),
  };
}
