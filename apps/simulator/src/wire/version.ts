/** The OCPI versions that the simulator speaks, highest first. */
export const OCPI_VERSIONS = ['2.3.0', '2.2.1'] as const;
export type OcpiVersion = (typeof OCPI_VERSIONS)[number];

export function isOcpiVersion(text: string): text is OcpiVersion {
  return (OCPI_VERSIONS as readonly string[]).includes(text);
}

/** Now, as OCPI writes it: UTC with milliseconds, at most 25 characters (FMT-07). */
export function ocpiTime(instant: Date): string {
  return instant.toISOString();
}
