/**
 * The world, passed in: everything a node does that is not deterministic goes through these interfaces.
 * Built once in `main` from Node.js (`node/`), replaced whole by the simulator (`testkit/simulation`).
 *
 * Invariant: outside `platform/src/node/` nobody reads a clock, opens a file or socket, or draws a random number
 * in any other way; so one seed replays a whole cluster.
 */

export interface Environment {
  readonly clock: Clock
  readonly disk: Disk
  readonly network: Network
  readonly http: Http
  readonly random: Random
  readonly logger: Logger
  readonly metrics: Metrics
}

// ---------------------------------------------------------------------------------------------------------- clock

export interface Clock {
  /** Milliseconds since the epoch; may jump either way. For timestamps and retention only. */
  wallMs(): number
  /** Milliseconds since some fixed moment, fractional, never going back. For timeouts and durations. */
  monotonicMs(): number
  /** Runs `callback` once, `delayMs` or more from now. A waiting timer does not keep the process alive. */
  schedule(delayMs: number, callback: () => void): Timer
  /** Runs `callback` once everything that has already arrived in this turn of the event loop was handled. */
  afterTurn(callback: () => void): void
}

export interface Timer {
  /** Idempotent; after it the callback is not called. */
  cancel(): void
}

// ----------------------------------------------------------------------------------------------------------- disk

/**
 * Files and directories. Paths are absolute. What blocks for long (sync, cold reads, removal) returns a promise;
 * what is a cheap system call on the page cache is synchronous, because a serial write through the thread pool
 * costs some thirty times as much. All failures are a `DiskError`.
 */
export interface Disk {
  /** That many of the bytes written or read last are surely in the page cache: an estimate, on the safe side. */
  readonly cacheBytes: number
  /** Opens for reading and writing (`readOnly`: reading). Missing: created where `create` is set, else `ENOENT`. */
  open(path: string, options?: { create?: boolean; exclusive?: boolean; readOnly?: boolean }): DiskFile
  /** A whole small file (checkpoints, properties). Over `maxBytes` (default 64 MiB): `EFBIG`. */
  readFile(path: string, maxBytes?: number): Buffer
  /**
   * Replaces a small file so that a crash leaves the old or the new content whole: `.tmp` beside it, sync, rename,
   * and (unless `syncDirectory` is false) sync of the directory. Calls for one path run one after the other.
   */
  replaceFile(path: string, content: Uint8Array, options?: { syncDirectory?: boolean }): Promise<void>
  /** The names in a directory, sorted. */
  list(directory: string): readonly string[]
  /** `undefined` where nothing is there. */
  stat(path: string): FileStat | undefined
  /** Creates it and its missing parents; nothing happens where it exists. */
  makeDirectory(path: string): void
  rename(from: string, to: string): void
  /** Missing: nothing happens. */
  remove(path: string): Promise<void>
  /** A directory and all in it. Missing: nothing happens. */
  removeDirectory(path: string): Promise<void>
  /** Makes names that were created, renamed or removed in it durable. */
  syncDirectory(path: string): Promise<void>
  space(path: string): { readonly totalBytes: number; readonly usableBytes: number }
  /**
   * Takes the exclusive lock that Apache Kafka takes on `.lock` (a POSIX record lock), creating the file.
   * `undefined` where another process, or another holder in this one, has it. It goes with the process at the latest.
   * Nobody may open the file in another way meanwhile: closing any descriptor of it would drop the lock.
   */
  lock(path: string): DiskLock | undefined
}

export interface DiskFile {
  readonly path: string
  size(): number
  /** Writes all of `buffers`, in order, at `position`: to the page cache. Where it throws, some bytes may be there. */
  write(buffers: readonly Uint8Array[], position: number): void
  /** Fills `target` from `position`, returns the bytes read: fewer only at the end of the file. */
  readNow(target: Uint8Array, position: number): number
  /** The same through the thread pool: for what may not be in the page cache. */
  read(target: Uint8Array, position: number): Promise<number>
  /** Makes the content durable. After a failure nothing may be assumed about earlier writes: never try again. */
  sync(): Promise<void>
  /** Cuts or extends (with zeros). */
  truncate(size: number): void
  /** Idempotent. Reads and syncs that are under way still end well; new calls fail with `EBADF`. */
  close(): void
}

export interface FileStat {
  readonly kind: 'file' | 'directory'
  readonly size: number
  readonly modifiedAtMs: number
}

export interface DiskLock {
  release(): void
}

// -------------------------------------------------------------------------------------------------------- network

export interface Network {
  /** Port 0 picks a free one: see `Listener.port`. Fails with `NetworkError` where the address cannot be bound. */
  listen(address: { host: string; port: number; backlog?: number }, accept: (socket: Socket) => void): Promise<Listener>
  /**
   * @param address.timeoutMs - for connecting and, where `tls` is given, the handshake.
   * @throws NetworkError whose `operation` says how far it came: `connect`, or `secure` in the handshake.
   */
  connect(address: { host: string; port: number; timeoutMs: number; tls?: TlsOptions }): Promise<Socket>
}

/** How a connection is encrypted, and who may be on the other end. */
export interface TlsOptions {
  /** Certificates that are trusted, PEM. Default: those that the runtime trusts. */
  readonly trusted?: readonly string[]
  /** What we show: certificate chain and key, both PEM. */
  readonly certificateChain?: string
  readonly key?: string
  /** Instead of these: a PKCS#12 archive. */
  readonly archive?: Uint8Array
  /** Of key or archive. */
  readonly passphrase?: string
  /** The name that is asked for and that the certificate has to bear. Default: the host. */
  readonly serverName?: string
  /** False: the certificate may be for any host. It has to be trusted all the same. */
  readonly checksHost: boolean
  readonly minVersion?: 'TLSv1.2' | 'TLSv1.3'
  readonly maxVersion?: 'TLSv1.2' | 'TLSv1.3'
  /** OpenSSL’s names, joined by colons. Default: the runtime’s. */
  readonly ciphers?: string
}

export interface Listener {
  readonly host: string
  readonly port: number
  /** Stops accepting; sockets already accepted live on. */
  close(): Promise<void>
}

/**
 * A TCP connection, paused until `start`. Nagle's algorithm is off. Writes are ordered; received bytes land where
 * the receiver says, so that a frame can be read behind its first part without copying.
 */
export interface Socket {
  readonly remoteAddress: string
  readonly remotePort: number
  readonly localPort: number
  /** Called once. Nothing is delivered before. */
  start(receiver: Receiver): void
  /**
   * Sends the buffers in order, with one system call where the system takes them: whoever has several gathers them.
   * They belong to the socket until they are sent: until now where `waitingBytes` is 0 afterwards, else until
   * `drained` or `closed`. False: more than the high-water mark waits, hold back until `drained`.
   */
  write(buffers: readonly Uint8Array[]): boolean
  /** Bytes written and not yet taken by the operating system. */
  readonly waitingBytes: number
  /** Stops and resumes delivery; bytes that already arrived may still be delivered after `pause`. */
  pause(): void
  resume(): void
  /** Sends what waits, then closes for writing. */
  end(): void
  /** Closes at once; what waits is dropped. Nothing is delivered any more but `closed`. Idempotent. */
  destroy(): void
}

export interface Receiver {
  /**
   * Where the next bytes go; at least one byte long. Asked for anew for each delivery, but maybe long before it
   * (right after the last one). The bytes are written just before `received`, so that many receivers may name the
   * same memory, as long as none leaves anything in it when `received` returns.
   */
  target(): Uint8Array
  /** That many bytes are now in what `target` returned last. */
  received(byteCount: number): void
  /** What waited after a `write` has been sent, all of it. */
  drained(): void
  /** The peer will send no more. */
  ended(): void
  /** Called once, last. With the reason unless it was closed in order. */
  closed(reason?: Error): void
}

// ----------------------------------------------------------------------------------------------------------- http

/** A small HTTP server for `/health` and `/metrics`: requests with a body are refused. */
export interface Http {
  /** As `Network.listen`. What `answer` throws becomes a 500 and a line in the log. */
  listen(
    address: { readonly host: string; readonly port: number },
    answer: (request: HttpRequest) => HttpAnswer | Promise<HttpAnswer>,
  ): Promise<Listener>
  /**
   * Asks another server, within ten seconds and 16 MiB. Whatever it answers is an answer.
   * @param target - path and query, encoded.
   * @throws NetworkError where nobody answers.
   */
  request(address: { readonly host: string; readonly port: number }, target: string): Promise<HttpAnswer>
}

export interface HttpRequest {
  readonly method: 'GET' | 'HEAD'
  /** Decoded, without the query. */
  readonly path: string
  readonly query: URLSearchParams
}

export interface HttpAnswer {
  readonly status: number
  readonly contentType: string
  readonly body: string | Uint8Array
}

// --------------------------------------------------------------------------------------------------------- random

export interface Random {
  /** A whole number in [0, 2^32). */
  uint32(): number
  /** A whole number in [0, bound), without bias; `bound` in [1, 2^32]. */
  below(bound: number): number
  /** In [0, 1). */
  fraction(): number
  /** Fills and returns `target`. On Node.js fit for ids and secrets. */
  fill(target: Uint8Array): Uint8Array
}

// --------------------------------------------------------------------------------------------------------- logger

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'off'

/** One line per call. Fields are data, never secrets: whoever logs redacts. */
export interface Logger {
  readonly level: LogLevel
  /** Of this logger and of all that share its root. */
  setLevel(level: LogLevel): void
  trace(message: string, fields?: LogFields): void
  debug(message: string, fields?: LogFields): void
  info(message: string, fields?: LogFields): void
  warn(message: string, fields?: LogFields): void
  error(message: string, fields?: LogFields): void
  /** A logger whose lines all carry these fields (`component`, `partition` …). */
  child(fields: LogFields): Logger
}

export type LogFields = Readonly<Record<string, string | number | boolean | null | undefined | Error>>

// -------------------------------------------------------------------------------------------------------- metrics

/**
 * Values are plain fields of whoever owns them and are read when somebody asks: a hot path pays one addition.
 */
export interface Metrics {
  /**
   * Registers a metric until the returned function is called. `collect` returns its samples at scrape time.
   * A second registration of the same name must agree in kind and labels; its samples are added.
   */
  register(metric: MetricDefinition, collect: () => Iterable<MetricSample>): () => void
  /** All samples of all metrics in Prometheus’ text format. */
  exposition(): Promise<string>
}

export interface MetricDefinition {
  /** Full name, e.g. `kafka_server_BrokerTopicMetrics_BytesInPerSec_total`. */
  readonly name: string
  readonly help: string
  readonly kind: 'counter' | 'gauge'
  readonly labels?: readonly string[]
}

export interface MetricSample {
  readonly value: number
  /** In the order of `MetricDefinition.labels`. */
  readonly labels?: readonly string[]
}
