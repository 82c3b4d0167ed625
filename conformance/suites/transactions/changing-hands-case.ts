/** Open transactions are in the files: another server that opens the directory goes on where the first one was killed. */

import assert from 'node:assert/strict'

import { Driver } from '../../clients/driver.ts'
import { javaClient } from '../../clients/programs.ts'
import { startApacheKafka } from '../../harness/apache-kafka.ts'
import { startGregor, type Server, type ServerOptions } from '../../harness/server.ts'

export interface ChangingHands {
  readonly first: Server['name']
  readonly second: Server['name']
  readonly directory: string
  readonly properties: ServerOptions['properties']
}

const group = 'hands'

export async function changeHands({ first, second, directory, properties = {} }: ChangingHands): Promise<void> {
  let server = await start(first, { directory, properties })
  const { port } = server
  const driver = Driver.start(await javaClient(), server.bootstrap)
  try {
    for (const [index, topic] of ['kept', 'dropped'].entries()) {
      await driver.call('create', { topic, partitions: 1, configs: {} })
      await driver.call('openTransaction', { topic, transactionalId: `${topic}-id`, group, offset: 70 + index })
    }
    await server.kill()
    server = await start(second, { directory, properties, port })
    await driver.call('endTransaction', { transactionalId: 'kept-id', commits: true })
    await driver.call('endTransaction', { transactionalId: 'dropped-id', commits: false })
    const topics = ['kept', 'dropped'].map((name) => ({ name, partitions: 1 }))
    const read = await driver.call('readAll', { topics, isolation: 'read_committed' })
    const counts = [read['kept-0']?.length, read['dropped-0']?.length]
    assert.deepEqual(counts, [1, 0])
    const committed: number[] = []
    for (const { name } of topics) committed.push(await driver.call('committed', { group, topic: name, partition: 0 }))
    assert.deepEqual(committed, [70, -1])
  } finally {
    await driver.close()
    await server.kill()
  }
}

function start(name: Server['name'], options: ServerOptions): Promise<Server> {
  return name === 'Gregor' ? startGregor(options) : startApacheKafka({ ...options, isStandalone: true })
}
