/** The log of Apache's broker that `java/ValidationPeer.java` appends to. */

import { ByteReader, ByteWriter } from '@gregor/base'
import { type ProtocolError, errorName } from '@gregor/protocol'

import type { JavaPeer } from '../codec/java-peer.ts'
import { writeBytes } from '../codec/samples.ts'
import { type BatchCase, nowMs } from './batch-cases.ts'

export interface RecordErrorText {
  readonly batchIndex: number
  readonly message: string
}

export interface ApacheVerdict {
  readonly error: ProtocolError
  /** The exception behind it, for whoever wonders about a difference. */
  readonly problem: string
  readonly recordErrors: readonly RecordErrorText[]
  /** What is in the log; `undefined` where the batch was refused. */
  readonly stored: Buffer | undefined
  /** Of the batch that came: a consumer in Java reads it. */
  readonly isReadable: boolean
  /** Its records have the offsets 0, 1, 2 and so on. */
  readonly isConsecutive: boolean
}

export async function appendThere(peer: JavaPeer, cases: readonly BatchCase[]): Promise<readonly ApacheVerdict[]> {
  const writer = new ByteWriter()
  writer.int64(nowMs)
  writer.int32(cases.length)
  for (const { configs, produceVersion, bytes } of cases) {
    writer.int32(configs.size)
    for (const pair of configs) for (const text of pair) writeBytes(writer, Buffer.from(text))
    writer.int16(produceVersion)
    writeBytes(writer, bytes)
  }
  const reader = new ByteReader(await peer.call(writer.toBuffer()))
  return cases.map(() => readVerdict(reader))
}

function readVerdict(reader: ByteReader): ApacheVerdict {
  const error = errorName(reader.int16())
  const problem = reader.utf8(reader.int32())
  const recordErrors = Array.from({ length: reader.int32() }, () => {
    const batchIndex = reader.int32()
    return { batchIndex, message: reader.utf8(reader.int32()) }
  })
  const length = reader.int32()
  const stored = length < 0 ? undefined : reader.bytes(length)
  const readability = reader.int8()
  const [isReadable, isConsecutive] = [(readability & 1) !== 0, (readability & 2) !== 0]
  return { error, problem, recordErrors, stored, isReadable, isConsecutive }
}
