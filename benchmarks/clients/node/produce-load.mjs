/**
 * What every producer under measurement does: hands messages over for some seconds after a warm-up, in bunches, several of
 * them under way, and prints what that took of this process. Arguments: bootstrap, topic, bytes of a message, seconds.
 */

const [bootstrap, topic, messageBytes, seconds] = process.argv.slice(2)

export const given = { bootstrap, topic, messageBytes: Number(messageBytes) }

const bunchSize = 1000
const bunchesInFlight = 5
const warmUpSeconds = 2

/**
 * @param sendBunch - hands over messages of these values, and resolves when they are acknowledged (or, where a client has
 *   no such promise, when it takes more).
 * @param flush - resolves when all are acknowledged.
 */
export async function measureProducing(sendBunch, flush = async () => {}) {
  const values = Array.from({ length: bunchSize }, (_, index) => valueOf(index))
  await produceFor(warmUpSeconds, values, sendBunch, flush)
  const cpuBefore = process.cpuUsage()
  const startMs = performance.now()
  const messages = await produceFor(Number(seconds), values, sendBunch, flush)
  const elapsedSeconds = (performance.now() - startMs) / 1000
  const { user, system } = process.cpuUsage(cpuBefore)
  const cpuSeconds = (user + system) / 1e6
  const residentMiB = process.memoryUsage.rss() / 2 ** 20
  process.stdout.write(`${JSON.stringify({ messages, seconds: elapsedSeconds, cpuSeconds, residentMiB })}\n`)
}

async function produceFor(durationSeconds, values, sendBunch, flush) {
  const endMs = performance.now() + durationSeconds * 1000
  let messages = 0
  const worker = async () => {
    while (performance.now() < endMs) {
      await sendBunch(values)
      messages += values.length
    }
  }
  await Promise.all(Array.from({ length: bunchesInFlight }, worker))
  await flush()
  return messages
}

/** Not all alike, and not random: as text with numbers is. */
function valueOf(index) {
  const value = Buffer.alloc(given.messageBytes, `message ${index} of a benchmark; `)
  return value
}
