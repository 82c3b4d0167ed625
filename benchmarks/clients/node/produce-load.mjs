/**
 * What every producer under measurement does: hands messages over in bunches, several of them under way, until its process
 * has used some seconds of CPU after a warm-up, and prints what went through. By the CPU’s clock, so that a busy machine
 * gives the same figures, only later. Arguments: bootstrap, topic, bytes of a message, CPU-seconds.
 */

const [bootstrap, topic, messageBytes, cpuSecondsWanted] = process.argv.slice(2)

export const given = { bootstrap, topic, messageBytes: Number(messageBytes) }

const bunchSize = 1000
const bunchesInFlight = 5
const warmUpCpuSeconds = 1
/** Where the server is what is slow. */
const secondsMax = 40

/**
 * @param sendBunch - hands over messages of these values, and resolves when they are acknowledged (or, where a client has
 *   no such promise, when it takes more).
 * @param flush - resolves when all are acknowledged.
 */
export async function measureProducing(sendBunch, flush = async () => {}) {
  const values = Array.from({ length: bunchSize }, (_, index) => valueOf(index))
  await produceFor(warmUpCpuSeconds, values, sendBunch, flush)
  const cpuBefore = process.cpuUsage()
  const startMs = performance.now()
  const messages = await produceFor(Number(cpuSecondsWanted), values, sendBunch, flush)
  const elapsedSeconds = (performance.now() - startMs) / 1000
  const { user, system } = process.cpuUsage(cpuBefore)
  const cpuSeconds = (user + system) / 1e6
  const residentMiB = process.memoryUsage.rss() / 2 ** 20
  process.stdout.write(`${JSON.stringify({ messages, seconds: elapsedSeconds, cpuSeconds, residentMiB })}\n`)
}

async function produceFor(cpuSeconds, values, sendBunch, flush) {
  const cpuBefore = process.cpuUsage()
  const endMs = performance.now() + secondsMax * 1000
  const isOver = () => {
    const { user, system } = process.cpuUsage(cpuBefore)
    return (user + system) / 1e6 >= cpuSeconds || performance.now() > endMs
  }
  let messages = 0
  const worker = async () => {
    while (!isOver()) {
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
