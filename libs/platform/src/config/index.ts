import { readFileSync } from 'node:fs';
import { z } from 'zod';

/**
 * A configuration is a zod object whose keys are environment variables (`VOLTAP_…`); every field is `.describe()`d
 * and says its unit. It is read once, at start; a wrong value stops the start with one line per variable.
 */
export type ConfigSchema = z.ZodObject<Record<string, z.ZodType>>;

export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/** @throws ConfigError naming every wrong variable and what it must be. */
export function readConfig<Schema extends ConfigSchema>(
  schema: Schema,
  environment: Readonly<Record<string, string | undefined>>,
): z.output<Schema> {
  const input = Object.fromEntries(
    Object.keys(schema.shape).map((name) => [name, environment[name] === '' ? undefined : environment[name]]),
  );
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  const lines = result.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
  throw new ConfigError(`Configuration is wrong.\n${lines.join('\n')}`);
}

/** Settings as texts of the environment. Lengths of time are in seconds or milliseconds, as the name says. */
export const setting = {
  text: () => z.string().min(1),
  secret: () => z.string().min(32, 'needs at least 32 characters'),
  url: () => z.url().transform((text) => text.replace(/\/+$/, '')),
  integer: (minimum: number, maximum: number) => z.coerce.number().int().min(minimum).max(maximum),
  /** Path of a text file; its content is the setting. */
  file: () =>
    z.string().transform((path, context) => {
      try {
        return readFileSync(path, 'utf8');
      } catch (error) {
        context.addIssue({
          code: 'custom',
          message: `cannot be read: ${error instanceof Error ? error.message : error}`,
        });
        return z.NEVER;
      }
    }),
  flag: () => z.enum(['true', 'false']).transform((text) => text === 'true'),
};

/** A service's configuration as a DI token: `constructor(@Inject(commandsConfig.token) config: ConfigOf<typeof commandsConfig>)`. */
export function defineConfig<Shape extends Record<string, z.ZodType>>(
  name: string,
  shape: Shape,
): { readonly token: symbol; readonly schema: z.ZodObject<Shape> } {
  return { token: Symbol(`config of ${name}`), schema: z.object(shape) };
}

export type ConfigOf<Definition extends { readonly schema: z.ZodType }> = z.output<Definition['schema']>;
