/**
 * Proves the message codec against Apache's generated classes. For each message and version, both ways:
 * what is written here is read there, written again to the same bytes, and means the same;
 * what is written there, at random over the full ranges, is read here, means the same, and is written to the same bytes.
 * Ours is the everyday form (int64 as numbers) for half of what is written here; its proof needs the exact one.
 */

import { ByteReader, ByteWriter } from '@gregor/base'
import { type Codec, type Message, type VersionRange, compile, hasVersion } from '@gregor/protocol'
import fc from 'fast-check'

import type { JavaPeer } from './java-peer.ts'
import { meaningDifference } from './meaning.ts'
import { type Int64Form, messageArbitrary } from './message-arbitrary.ts'
import type { Report } from './report.ts'
import { type Sample, readSamples, requestOf } from './samples.ts'
import { type Subject, leftOut, subjects } from './subjects.ts'

/** A release of Apache Kafka and the classes it has. */
interface Release {
  readonly name: string
  readonly peer: JavaPeer
  readonly classes: ReadonlyMap<string, JavaClass>
}

interface JavaClass {
  readonly className: string
  readonly versions: VersionRange
}

export interface ProofOptions {
  /** Of each message and version, in each direction. */
  readonly samples: number
  readonly seed: number
}

/** @param peers - the current release, and one with the versions that it dropped. */
export async function proveMessages(
  peers: { readonly current: JavaPeer; readonly previous: JavaPeer },
  options: ProofOptions,
  report: Report,
): Promise<void> {
  const current = await releaseOf('4.3', peers.current)
  const previous = await releaseOf('3.9', peers.previous)
  reportGaps(current, report)
  const proofs: Promise<void>[] = []
  for (const subject of subjects) {
    const { min, max } = subject.message.versions
    for (let version = min; version <= max; version++) {
      const release = [current, previous].find(({ classes }) => hasClass(classes.get(subject.javaName), version))
      if (release === undefined) {
        report.difference(subject.group, `no Apache Kafka has ${subject.javaName} in version ${version}`)
        continue
      }
      proofs.push(proveVersion(subject, version, release, options, report))
      // Java works on one while we make the next; what is under way stays bounded.
      if (proofs.length >= 8) await proofs.shift()
    }
  }
  await Promise.all(proofs)
}

function hasClass(javaClass: JavaClass | undefined, version: number): boolean {
  return javaClass !== undefined && hasVersion(javaClass.versions, version)
}

async function releaseOf(name: string, peer: JavaPeer): Promise<Release> {
  const classes = new Map<string, JavaClass>()
  const list = new ByteReader(await peer.call(Buffer.from('L')))
  for (const line of list.utf8(list.int32()).split('\n')) {
    const [className = '', min, max] = line.split(' ')
    const simpleName = className.slice(className.lastIndexOf('.') + 1)
    classes.set(simpleName, { className, versions: { min: Number(min), max: Number(max) } })
  }
  return { name, peer, classes }
}

/** What the current release has and we have not. */
function reportGaps({ classes }: Release, report: Report): void {
  for (const [name, { versions }] of classes) {
    const subject = subjects.find(({ javaName }) => javaName === name)
    if (subject === undefined) {
      if (leftOut[name] === undefined) report.difference('missing', `there is no schema for ${name}`)
      continue
    }
    for (let version = versions.min; version <= versions.max; version++) {
      if (hasVersion(subject.message.versions, version)) continue
      report.difference(subject.group, `${name} has no version ${version} here`)
    }
  }
}

async function proveVersion(
  subject: Subject,
  version: number,
  release: Release,
  options: ProofOptions,
  report: Report,
): Promise<void> {
  const className = release.classes.get(subject.javaName)?.className ?? ''
  const where = `${subject.javaName} v${version} (Apache ${release.name})`
  const written = samplesOf(subject.message, version, options)
  const theirs = await Promise.all([
    release.peer.call(requestOf('R', className, version, written)),
    release.peer.call(generateRequest(className, version, options)),
  ])
  const [readBack, generated] = theirs.map((answer) => readSamples(answer, options.samples))
  const check = checkerOf(subject, version)

  for (const [index, ours] of written.entries()) {
    const problem = compareWritten(ours, readBack?.[index], check)
    report.compared(subject.group)
    if (problem !== undefined) report.difference(subject.group, `${where}, written here: ${problem}`)
  }
  for (const sample of generated ?? []) {
    const problem = sample.error ?? check(sample)
    report.compared(subject.group)
    if (problem !== undefined) report.difference(subject.group, `${where}, written by Java: ${problem}`)
  }
}

function samplesOf(message: Message, version: number, { samples, seed }: ProofOptions): Buffer[] {
  const half = Math.ceil(samples / 2)
  return [...random('number', half), ...random('bigint', samples - half)]

  function random(int64: Int64Form, count: number): Buffer[] {
    const codec = compile(message, version, { int64 })
    // Each version has samples of its own.
    const parameters = { numRuns: count, seed: seed + version * 2 + (int64 === 'number' ? 0 : 1) }
    return fc.sample(messageArbitrary(message, version, int64), parameters).map((value) => {
      const bytes = written(codec, value)
      // In this form, too, it must come back as it went.
      const again = written(codec, codec.read(new ByteReader(bytes)) as object)
      if (!again.equals(bytes)) throw new Error(`${message.name} v${version}: ${hex(bytes)} becomes ${hex(again)}`)
      return bytes
    })
  }
}

function written(codec: Codec, value: object): Buffer {
  const writer = new ByteWriter()
  codec.write(writer, value)
  return writer.toBuffer()
}

function hex(bytes: Buffer): string {
  return bytes.toString('hex')
}

function generateRequest(className: string, version: number, { samples, seed }: ProofOptions): Buffer {
  const writer = new ByteWriter()
  writer.int64(seed + version)
  writer.int32(samples)
  return Buffer.concat([requestOf('G', className, version), writer.toBuffer()])
}

type Check = (sample: { readonly bytes: Buffer; readonly meaning: string }) => string | undefined

/** What is wrong when we read the bytes: another meaning, or other bytes when they are written again. */
function checkerOf({ message, renamed }: Subject, version: number): Check {
  const exact = compile(message, version, { int64: 'bigint' })
  return ({ bytes, meaning }) => {
    try {
      const reader = new ByteReader(bytes)
      const value = exact.read(reader) as object
      if (reader.remaining > 0) return `${reader.remaining} of ${hex(bytes)} are left`
      const difference = meaningDifference(message.fields, version, { ours: value, theirs: meaning, renamed })
      if (difference !== undefined) return `${difference} (${hex(bytes)})`
      const again = written(exact, value)
      return again.equals(bytes) ? undefined : `${hex(bytes)} becomes ${hex(again)}`
    } catch (error) {
      return `${hex(bytes)}: ${String(error)}`
    }
  }
}

function compareWritten(ours: Buffer, theirs: Sample | undefined, check: Check): string | undefined {
  if (theirs === undefined) return 'no answer'
  if (theirs.error !== undefined) return `${hex(ours)}: ${theirs.error}`
  if (!theirs.bytes.equals(ours)) return `${hex(ours)} becomes ${hex(theirs.bytes)}`
  return check(theirs)
}
