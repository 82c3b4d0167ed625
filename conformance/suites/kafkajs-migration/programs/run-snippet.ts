/** Runs one snippet of the guide: `run-snippet.ts BOOTSTRAP NAME`. */
import { setTimeout as sleep } from 'node:timers/promises'

import { connect } from '@gregor/client'

import type { Given } from './given.ts'

const [bootstrap = '', name = ''] = process.argv.slice(2)
const { snippet } = (await import(`./snippets/${name}.ts`)) as { snippet: (given: Given) => Promise<void> }
await using kafka = await connect({ bootstrap })
{
  await using producer = kafka.producer()
  await producer.sendAll('orders', [
    { key: 'a', value: 'one' },
    { key: 'b', value: 'two' },
  ])
}
await snippet({ kafka, handle: () => sleep(1), secret: 'secret', signal: AbortSignal.timeout(4_000) })
