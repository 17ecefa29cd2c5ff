/** What `startStack` takes and gives. */

export const PART_NAMES = ['kafka', 'redis', 'postgres'] as const;
export type PartName = (typeof PART_NAMES)[number];

export interface StackWishes {
  /** Default: all three. Asking the stack for a part that was not wished throws. */
  readonly parts?: readonly PartName[];
  /** TLS everywhere, users and rights: see `SecureAccess`. Needs openssl. Default false. */
  readonly secure?: boolean;
  /** What is in Redis survives `kill()` and `start()`, as Kafka's and Postgres' contents always do. Default false. */
  readonly persistent?: boolean;
  /** Where jars and templates are kept between runs. Default `node_modules/.cache/voltap/stack`. */
  readonly cache?: string;
  /**
   * Host under which Kafka tells clients to find it, on its port. All parts listen on 127.0.0.1 alone: whoever names another
   * host leads connections from there to here. Default 127.0.0.1.
   */
  readonly advertisedHost?: string;
  /** What takes a while, as a line for the user. */
  readonly progress?: (line: string) => void;
  /** A part ended though nobody asked it to; one line. */
  readonly onUnexpectedExit?: (line: string) => void;
}

/** One process to be tormented. Each call ends when its effect is there; a call that does not fit the state throws. */
export interface StackPart {
  /** Throws while the part is down. */
  readonly pid: number;
  /** SIGKILL, as when a machine is gone; to Postgres' processes of each connection too. */
  kill(): Promise<void>;
  /** SIGSTOP: connections stay open, nothing answers. */
  freeze(): Promise<void>;
  thaw(): Promise<void>;
  /** Again, on the same port and on what was written; ends when it serves. */
  start(): Promise<void>;
  /** In order, as a deployment stops it. A part that is down already stays so. */
  stop(): Promise<void>;
}

export interface Credentials {
  readonly username: string;
  readonly password: string;
}

/** Of a stack with `secure: true`. Files are PEM; certificates are good for 127.0.0.1 and localhost. */
export interface SecureAccess {
  readonly authorityFile: string;
  readonly kafka: {
    /** SASL over TLS: SCRAM-SHA-512 for `scram` and `withoutRights`, PLAIN for `plain`. */
    readonly brokers: string;
    readonly scram: Credentials;
    readonly plain: Credentials;
    /** May log in by SCRAM-SHA-512, and nothing more. */
    readonly withoutRights: Credentials;
    /** TLS that asks for a client certificate, without SASL. */
    readonly mutualBrokers: string;
    readonly certificateFile: string;
    readonly keyFile: string;
  };
  readonly redis: {
    /** The ACL user of the services: keys under `voltap:` only, nothing administrative. */
    readonly url: string;
    /** May do everything. */
    readonly administratorUrl: string;
  };
  readonly postgres: {
    /** With `sslmode=verify-full`. The server takes no connection without TLS. */
    readonly url: string;
  };
}

export interface RunningStack {
  /** `brokers` is `host:port` of the listener without TLS and users; a secure stack has it too, for administration. */
  readonly kafka: StackPart & { readonly brokers: string };
  /** `redis://`, or `rediss://` of the ACL user when secure; database 0. */
  readonly redis: StackPart & { readonly url: string };
  /** Of the superuser, database `postgres`. */
  readonly postgres: StackPart & { readonly url: string };
  /** Throws unless the stack was wished secure. */
  readonly secure: SecureAccess;
  /** What a service in production mode must be told to use this stack. */
  readonly environment: Readonly<Record<string, string>>;
  /** Folder with everything the parts wrote (`kafka.log`, `redis.log`, `postgres/postgres.log`); `stop` removes it. */
  readonly directory: string;
  /** Ends what runs and removes everything. May be called again. */
  stop(): Promise<void>;
}
