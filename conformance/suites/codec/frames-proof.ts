/**
 * Proves the frames around stored records, type and version, with the classes that Apache's own nodes read and write
 * them with: what is written here is read there and written again to the same bytes, for every type.
 */

import { ByteWriter } from '@gregor/base'
import {
  type Message,
  type MetadataRecordInput,
  type MetadataRecordType,
  decodeMetadataRecord,
  encodeMetadataRecord,
  groupRecords,
  metadataRecordTypes,
  shareStateRecords,
  transactionRecords,
} from '@gregor/protocol'
import fc from 'fast-check'

import type { JavaPeer } from './java-peer.ts'
import { messageArbitrary } from './message-arbitrary.ts'
import type { ProofOptions } from './messages-proof.ts'
import type { Report } from './report.ts'
import { readSamples, writeBytes } from './samples.ts'

export async function proveFrames(peer: JavaPeer, options: ProofOptions, report: Report): Promise<void> {
  await proveMetadataRecords(peer, options, report)
  await proveCoordinatorRecords(peer, '__consumer_offsets', groupRecords, options, report)
  await proveCoordinatorRecords(peer, '__transaction_state', transactionRecords, options, report)
  await proveCoordinatorRecords(peer, '__share_group_state', shareStateRecords, options, report)
}

function samplesOf(message: Message, version: number, { samples, seed }: ProofOptions): object[] {
  return fc.sample(messageArbitrary(message, version, 'number'), { numRuns: samples, seed: seed + version })
}

async function proveMetadataRecords(peer: JavaPeer, options: ProofOptions, report: Report): Promise<void> {
  const written: { readonly type: string; readonly bytes: Buffer }[] = []
  for (const type of Object.keys(metadataRecordTypes) as MetadataRecordType[]) {
    const { message } = metadataRecordTypes[type]
    for (let version = message.versions.min; version <= message.versions.max; version++) {
      for (const fields of samplesOf(message, version, options)) {
        const record = { ...fields, type, version } as MetadataRecordInput
        written.push({ type: `${type} v${version}`, bytes: encodeMetadataRecord(record) })
      }
    }
  }
  const writer = new ByteWriter()
  writer.append(Buffer.from('M'))
  writer.int32(written.length)
  for (const { bytes } of written) writeBytes(writer, bytes)
  const answers = readSamples(await peer.call(writer.toBuffer()), written.length)
  for (const [index, { type, bytes }] of written.entries()) {
    const answer = answers[index]
    const again = encodeMetadataRecord(decodeMetadataRecord(bytes))
    const isSame = answer?.bytes?.equals(bytes) === true && again.equals(bytes)
    const theirs = answer?.bytes?.toString('hex') ?? answer?.error ?? 'no answer'
    report.compared('frames of __cluster_metadata')
    if (!isSame) report.difference('frames of __cluster_metadata', `${type}: ${bytes.toString('hex')}: ${theirs}`)
  }
}

/** A codec of coordinator records, whatever its types: fields and names are given as they come. */
interface AnyCodec {
  readonly types: Readonly<Record<string, { readonly key: Message; readonly value: Message }>>
  encodeKey(type: never, key: never): Buffer
  encodeValue(type: never, value: never, version: number): Buffer
  decode(key: Buffer, value: Buffer | null): unknown
}

/** Keys and values, deletions included. */
async function proveCoordinatorRecords(
  peer: JavaPeer,
  topic: string,
  codec: AnyCodec,
  options: ProofOptions,
  report: Report,
): Promise<void> {
  const written: { readonly type: string; readonly key: Buffer; readonly value: Buffer | null }[] = []
  for (const [type, { key, value }] of Object.entries(codec.types)) {
    const keys = samplesOf(key, 0, options)
    for (let version = value.versions.min; version <= value.versions.max; version++) {
      for (const [index, fields] of samplesOf(value, version, options).entries()) {
        written.push({
          type: `${type} v${version}`,
          key: codec.encodeKey(type as never, keys[index] as never),
          value: index % 10 === 9 ? null : codec.encodeValue(type as never, fields as never, version),
        })
      }
    }
  }
  const writer = new ByteWriter()
  writer.append(Buffer.from('C'))
  writeBytes(writer, Buffer.from(topic))
  writer.int32(written.length)
  for (const { key, value } of written) {
    writeBytes(writer, key)
    writeBytes(writer, value)
  }
  const answers = readSamples(await peer.call(writer.toBuffer()), written.length)
  for (const [index, { type, key, value }] of written.entries()) {
    const answer = answers[index]
    const isSame = answer?.bytes?.equals(key) === true && answer.meaning === (value?.toString('hex') ?? 'null')
    const theirs = answer?.error ?? `${answer?.bytes?.toString('hex')}: ${answer?.meaning}`
    report.compared(`frames of ${topic}`)
    if (!isSame) report.difference(`frames of ${topic}`, `${type}: ${key.toString('hex')}: ${theirs}`)
    codec.decode(key, value)
  }
}
