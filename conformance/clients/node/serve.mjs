/** What the Node clients' programs share: they answer one JSON line with one (see ../driver.ts). */

import { createInterface } from 'node:readline'

export const decoded = (text) => (text === null ? null : Buffer.from(text, 'base64'))
export const encoded = (data) => (data === null || data === undefined ? null : Buffer.from(data).toString('base64'))

export async function serve(operations) {
  for await (const line of createInterface({ input: process.stdin, crlfDelay: Infinity })) {
    const { operation, ...given } = JSON.parse(line)
    let answer
    try {
      answer = { result: (await operations[operation](given)) ?? null }
    } catch (error) {
      answer = { error: described(error) }
    }
    process.stdout.write(`${JSON.stringify(answer)}\n`)
  }
}

/** With what it was caused by: both clients keep the broker's error further inside. */
function described(error) {
  const inner = [error.errors, error.partitions, error.cause]
    .flat()
    .filter((each) => each !== undefined && each !== null)
  const within = inner.map((each) => (each instanceof Error ? described(each) : described(each.error ?? {})))
  return [error.name ?? '', error.type ?? error.apiId ?? '', error.message ?? '', ...within].join(' ').trim()
}
