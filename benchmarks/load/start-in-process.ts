/** Starts brokers in this process, on a disk or (`memory`) not, and prints how long each took: a line of JSON. */

import { startBroker } from 'gregor'

const memory = process.argv.includes('memory')
const tookMs: number[] = []
for (let round = 0; round < 3; round++) {
  const began = performance.now()
  await using _ = await startBroker({ memory })
  tookMs.push(performance.now() - began)
}
process.stdout.write(JSON.stringify(tookMs))
