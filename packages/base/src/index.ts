/** Bytes, queues, assertions: no I/O and no Kafka. This file is the package’s public interface. */
export { InvariantViolation, assert, unreachable } from './assert.ts'
export { background } from './background.ts'
export { BoundedQueue } from './bounded-queue.ts'
export { Deferred } from './deferred.ts'
export { javaHashCode } from './java-hash-code.ts'
export { PriorityQueue } from './priority-queue.ts'
