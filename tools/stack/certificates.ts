import { execFile } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { StackError } from './stack-error.ts';

const run = promisify(execFile);

/** The stack does not live longer. */
const VALID_DAYS = '7';
const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

export interface Certificates {
  readonly authorityFile: string;
  readonly server: KeyPair;
  readonly client: KeyPair;
  /** Key, certificate and authority of the server in one file, as Kafka wants them. */
  readonly keystoreFile: string;
}

export interface KeyPair {
  readonly certificateFile: string;
  readonly keyFile: string;
}

/** An authority of its own for one stack, a certificate for its servers, and one for the client named `client`. */
export async function makeCertificates(directory: string, client: string): Promise<Certificates> {
  await mkdir(directory, { recursive: true });
  const authority = await makeAuthority(directory);
  const [server, ofClient] = await Promise.all([
    sign(directory, authority, 'server', 'localhost', 'subjectAltName=IP:127.0.0.1,DNS:localhost'),
    sign(directory, authority, 'client', client, 'extendedKeyUsage=clientAuth'),
  ]);
  const keystoreFile = join(directory, 'server-keystore.pem');
  const parts = [server.keyFile, server.certificateFile, authority.certificateFile];
  await writeFile(keystoreFile, (await Promise.all(parts.map((file) => readFile(file, 'utf8')))).join(''), {
    mode: 0o600,
  });
  return { authorityFile: authority.certificateFile, server, client: ofClient, keystoreFile };
}

async function makeAuthority(directory: string): Promise<KeyPair> {
  const files = filesOf(directory, 'authority');
  await openssl([
    ...['req', '-x509', ...NEW_KEY, '-keyout', files.keyFile, '-out', files.certificateFile],
    ...['-days', VALID_DAYS, '-subj', '/CN=Voltap stack authority'],
  ]);
  return files;
}

async function sign(
  directory: string,
  authority: KeyPair,
  name: string,
  subject: string,
  extension: string,
): Promise<KeyPair> {
  const files = filesOf(directory, name);
  const request = join(directory, `${name}.csr`);
  const extensions = join(directory, `${name}.ext`);
  await writeFile(extensions, `${extension}\n`);
  await openssl(['req', '-new', ...NEW_KEY, '-keyout', files.keyFile, '-out', request, '-subj', `/CN=${subject}`]);
  await openssl([
    ...['x509', '-req', '-in', request, '-out', files.certificateFile, '-days', VALID_DAYS, '-extfile', extensions],
    ...['-CA', authority.certificateFile, '-CAkey', authority.keyFile],
    // A number of their own each, and no file of numbers that two of them would write at once.
    ...['-set_serial', name === 'server' ? '1' : '2'],
  ]);
  return files;
}

function filesOf(directory: string, name: string): KeyPair {
  return { certificateFile: join(directory, `${name}.pem`), keyFile: join(directory, `${name}.key`) };
}

async function openssl(parameters: readonly string[]): Promise<void> {
  try {
    await run('openssl', [...parameters]);
  } catch (error) {
    const { stderr = '' } = error as { stderr?: string };
    throw new StackError(`openssl ${parameters[0]} failed: ${stderr.trim() || String(error)}`);
  }
}
