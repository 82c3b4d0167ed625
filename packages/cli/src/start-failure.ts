/**
 * Why a node did not start, or stopped by itself, for its user: one line each that says what to do. Our own bugs have no
 * such line: they are told with their stack.
 */
import { InvariantViolation } from '@gregor/base'
import { ConfigError } from '@gregor/config'
import { DiskError, NetworkError } from '@gregor/platform'

/** `undefined`: a bug of ours. */
export function startFailureLines(error: unknown): readonly string[] | undefined {
  if (error instanceof ConfigError) return error.problems.map(({ message }) => message)
  if (error instanceof NetworkError) return [networkLine(error)]
  if (error instanceof DiskError) return [diskLine(error)]
  const isOperational = error instanceof Error && !(error instanceof InvariantViolation) && !isBuiltIn(error)
  return isOperational ? [error.message] : undefined
}

/** Errors of the language, which nobody throws on purpose. */
function isBuiltIn({ name }: Error): boolean {
  return ['Error', 'TypeError', 'RangeError', 'ReferenceError', 'SyntaxError', 'AssertionError'].includes(name)
}

const networkHints: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another program listens there; stop it, or choose another port with listeners=PLAINTEXT://HOST:PORT',
  EADDRNOTAVAIL: 'this machine has no such address; correct listeners',
  ENOTFOUND: 'this name has no address; correct listeners',
  EAI_AGAIN: 'this name cannot be looked up now; correct listeners, or mend name resolution',
  EACCES: 'this user may not listen there; choose a port above 1023 in listeners',
}

function networkLine({ code, host, port }: NetworkError): string {
  const address = `${host.includes(':') ? `[${host}]` : host}:${port}`
  return `cannot listen on ${address}: ${networkHints[code] ?? code}`
}

const diskHints: Readonly<Record<string, string>> = {
  EACCES: 'this user may not; give it the right to write there, or choose another directory with log.dirs',
  EPERM: 'this user may not; give it the right to write there, or choose another directory with log.dirs',
  EROFS: 'the file system is read-only; make it writable, or choose another directory with log.dirs',
  ENOSPC: 'the disk is full; make room, or choose another directory with log.dirs',
  EDQUOT: 'the quota of this user is used up; make room, or choose another directory with log.dirs',
  ENOTDIR: 'a part of this path is a file; choose another directory with log.dirs',
  EEXIST: 'there is a file of this name; choose another directory with log.dirs',
  ENOENT: 'it is gone; restore it from where it was, or choose another directory with log.dirs',
  EMFILE: 'this process has too many open files; raise the limit (ulimit -n)',
  ENFILE: 'the system has too many open files; raise its limit',
  EIO: 'the disk reports an error; check it before starting again',
}

function diskLine({ code, path, operation }: DiskError): string {
  return `cannot ${words[operation] ?? operation} ${path}: ${diskHints[code] ?? code}`
}

const words: Readonly<Record<string, string>> = {
  makeDirectory: 'make the directory',
  removeDirectory: 'remove the directory',
  syncDirectory: 'sync the directory',
  stat: 'look at',
  space: 'measure the space of',
}
