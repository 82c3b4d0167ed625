/**
 * Adds to package-lock.json what npm left out: packages of other platforms (`@oxlint/binding-darwin-arm64` …) which the
 * registry at hand does not have. Without them `npm ci` refuses the lockfile on every platform. Their version is the
 * exact one that their parent asks for; their platform is in their name; only their integrity hash stays unknown.
 *
 * Run it after `npm install` changed the lockfile; it says what it added. `npm run tidy` fails where it is needed.
 */

import { readFileSync, writeFileSync } from 'node:fs'

import { missingFromLockfile, type Lockfile, type LockedPackage } from './tidy/lockfile.ts'

const file = 'package-lock.json'
const lockfile = JSON.parse(readFileSync(file, 'utf8')) as Lockfile
const missing = missingFromLockfile(lockfile)
for (const { name, version, isDev } of missing) {
  const { os, cpu, libc } = platformFrom(name)
  // In npm's order of keys, so that npm leaves the file as it is.
  lockfile.packages[`node_modules/${name}`] = {
    version,
    cpu,
    ...(isDev && { dev: true }),
    ...libc,
    optional: true,
    ...(os !== undefined && { os }),
  }
}
if (missing.length > 0) {
  const sorted = Object.entries(lockfile.packages).toSorted(([a], [b]) => (a < b ? -1 : 1))
  writeFileSync(file, `${JSON.stringify({ ...lockfile, packages: Object.fromEntries(sorted) }, null, 2)}\n`)
}
process.stdout.write(`${file}: ${missing.length} packages of other platforms added\n`)

/** The parts of the name that follow the scheme of napi-rs: os, cpu, and the C library or calling convention. */
function platformFrom(name: string): { os?: string[]; cpu: string[]; libc?: Pick<LockedPackage, 'libc'> } {
  if (name.endsWith('-wasm32-wasi')) return { cpu: ['wasm32'] }
  const match =
    /(darwin|linux|win32|android|freebsd|openharmony)-(x64|arm64|arm|ia32|ppc64|riscv64|s390x|loong64)(?:-(\w+))?$/.exec(
      name,
    )
  if (match === null) throw new Error(`${name}: its name does not tell its platform`)
  const [, os = '', cpu = '', abi = ''] = match
  if (os !== 'linux' || abi === '') return { os: [os], cpu: [cpu] }
  return { os: [os], cpu: [cpu], libc: { libc: [abi.startsWith('musl') ? 'musl' : 'glibc'] } }
}
