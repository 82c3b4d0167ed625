/** How samples travel to and from the Java peers: see `java/Frames.java`. */

import { ByteReader, ByteWriter } from '@gregor/base'

/** What Java made of one sample: bytes and their meaning, or why it could not. */
export type Sample =
  | { readonly error: string; readonly bytes?: undefined; readonly meaning?: undefined }
  | { readonly error?: undefined; readonly bytes: Buffer; readonly meaning: string }

/** An operation on a class in a version, and the samples if it takes any. */
export function requestOf(operation: string, className: string, version: number, samples?: readonly Buffer[]): Buffer {
  const writer = new ByteWriter()
  writer.append(Buffer.from(operation))
  writeBytes(writer, Buffer.from(className))
  writer.int16(version)
  if (samples !== undefined) {
    writer.int32(samples.length)
    for (const sample of samples) writeBytes(writer, sample)
  }
  return writer.toBuffer()
}

export function readSamples(answer: Buffer, count: number): Sample[] {
  const reader = new ByteReader(answer)
  return Array.from({ length: count }, () => readSample(reader))
}

function readSample(reader: ByteReader): Sample {
  if (!reader.boolean()) return { error: reader.utf8(reader.int32()) }
  const bytes = reader.bytes(reader.int32())
  return { bytes, meaning: reader.utf8(reader.int32()) }
}

/** null has the length -1. */
export function writeBytes(writer: ByteWriter, bytes: Buffer | null): void {
  writer.int32(bytes === null ? -1 : bytes.length)
  if (bytes !== null) writer.append(bytes)
}
