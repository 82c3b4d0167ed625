/** Bytes, queues, assertions: no I/O and no Kafka. This file is the package’s public interface. */
export { InvariantViolation, assert, unreachable } from './assert.ts'
export { asError } from './as-error.ts'
export { background } from './background.ts'
export { BoundedQueue } from './bounded-queue.ts'
export { int16At, int32At, int64At, setInt32At, setInt64At, uint32At } from './byte-order.ts'
export { ByteReader } from './byte-reader.ts'
export { ByteWriter, utf8Length } from './byte-writer.ts'
export { Deferred } from './deferred.ts'
export { javaHashCode } from './java-hash-code.ts'
export { MalformedMessageError } from './malformed-message-error.ts'
export { PriorityQueue } from './priority-queue.ts'
export { METADATA_TOPIC_ID, ZERO_UUID, bytesFromUuid, isUuid, randomUuid, uuidFromBytes } from './uuid.ts'
export {
  skipVarint,
  uvarintAt,
  uvarintSize,
  varintAt,
  varintSize,
  varlongSize,
  writeUvarint,
  writeVarint,
  writeVarlong,
} from './varint.ts'
