/**
 * Reads and prints until enough was read, nothing came for long, a signal arrives, or nobody listens any more. What was
 * fetched and not printed is not committed.
 */
import { asError } from '@gregor/base'
import type { Consumer, ConsumerRecord } from '@gregor/client'
import type { Program } from '../../program.ts'
import { exitCodeOfSignal } from '../ending.ts'
import { javaErrorText } from '../java-errors.ts'
import { logError } from '../java-log.ts'
import { DeserializerError } from './java-deserializers.ts'
import type { MessageFormatter } from './message-formatters.ts'

export interface Consuming {
  readonly consumer: Consumer
  readonly formatter: MessageFormatter
  readonly maxMessages: number
  /** Without a record; Infinity: it waits. */
  readonly timeoutMs: number
  readonly skipsErrors: boolean
}

const CONSOLE_CONSUMER = 'org.apache.kafka.tools.consumer.ConsoleConsumer'
/** A poll is asked again after so long: a signal ends it at once, in any case. */
const POLL_MS_MAX = 60_000
/** Of output that is gathered before it is written. */
const OUTPUT_BYTES = 65_536

interface State {
  readonly consuming: Consuming
  readonly program: Program
  readonly stop: AbortSignal
  count: number
  parts: (string | Uint8Array)[]
  byteCount: number
}

/** Leaves the group and closes the consumer. @returns the exit code. @throws DeserializerError of a record, unless they are skipped. */
export async function consumeRecords(consuming: Consuming, program: Program): Promise<number> {
  const { out } = program
  const ending = program.ending()
  const stop = AbortSignal.any([ending, out.broken])
  const state: State = { consuming, program, stop, count: 0, parts: [], byteCount: 0 }
  try {
    await consume(state)
  } finally {
    flush(state)
    await consuming.consumer.close()
    out.error(`Processed a total of ${state.count} messages`)
  }
  return ending.aborted ? exitCodeOfSignal(ending) : 0
}

async function consume(state: State): Promise<void> {
  const { consuming, program, stop } = state
  const { consumer, maxMessages, timeoutMs } = consuming
  const { clock } = program.environment
  let idleSinceMs = clock.monotonicMs()
  while (state.count < maxMessages) {
    const leftMs = idleSinceMs + timeoutMs - clock.monotonicMs()
    try {
      const batches = await consumer.poll({ timeoutMs: Math.max(0, Math.min(leftMs, POLL_MS_MAX)), signal: stop })
      if (batches.length === 0) {
        if (clock.monotonicMs() - idleSinceMs < timeoutMs) continue
        return tellEnd(new TimeoutException(), program)
      }
      await print(batches, state)
    } catch (error) {
      if (error instanceof DeserializerError) throw error
      if (!stop.aborted) return tellEnd(asError(error), program)
    }
    if (program.out.broken.aborted) return program.out.error('Unable to write to standard out, closing consumer.')
    if (stop.aborted) return
    idleSinceMs = clock.monotonicMs()
  }
}

class TimeoutException extends Error {}

function tellEnd(error: Error, program: Program): void {
  logError(program, CONSOLE_CONSUMER, 'Error processing message, terminating consumer process: ')
  const isTimeout = error instanceof TimeoutException
  program.out.error(isTimeout ? 'org.apache.kafka.common.errors.TimeoutException' : javaErrorText(error))
}

async function print(
  batches: readonly {
    readonly topic: string
    readonly partition: number
    readonly records: readonly ConsumerRecord[]
  }[],
  state: State,
): Promise<void> {
  for (const { topic, partition, records } of batches) {
    for (const record of records) {
      if (state.count >= state.consuming.maxMessages || state.stop.aborted) {
        // Not printed, so not to be committed.
        state.consuming.consumer.seek({ topic, partition }, record.offset)
        break
      }
      state.count++
      printRecord(record, state)
      if (state.byteCount >= OUTPUT_BYTES && !flush(state)) await state.program.out.drained()
    }
  }
  if (!flush(state)) await state.program.out.drained()
}

function printRecord(record: ConsumerRecord, state: State): void {
  try {
    state.consuming.formatter(record, (part) => {
      state.parts.push(part)
      state.byteCount += part.length
    })
  } catch (error) {
    if (!(error instanceof DeserializerError) || !state.consuming.skipsErrors) throw error
    logError(state.program, CONSOLE_CONSUMER, 'Error processing message, skipping this message: ')
    state.program.out.error(error.message)
  }
}

/** False: wait before more is written. */
function flush(state: State): boolean {
  if (state.parts.length === 0) return true
  const parts = state.parts.splice(0)
  state.byteCount = 0
  return state.program.out.write(
    Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : part))),
  )
}
