/** The real parts that Voltap runs on in production, started on this machine: for development, tests and measurements. */
export { type Certificates, makeCertificates } from './certificates.ts';
export type {
  Credentials,
  PartName,
  RunningStack,
  SecureAccess,
  StackPart,
  StackWishes,
} from './stack.ts';
export { StackError } from './stack-error.ts';
export { startStack } from './start-stack.ts';
