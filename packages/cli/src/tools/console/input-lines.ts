/**
 * Standard input line by line, as Java’s reader takes it apart: UTF-8, where what is none becomes U+FFFD, and lines that
 * end with a line feed, a carriage return, or both.
 */
export async function* inputLines(chunks: AsyncIterable<Buffer>): AsyncGenerator<string> {
  // A byte order mark is a character like others to Java.
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
  let rest = ''
  // A line feed behind a carriage return, in the next chunk, belongs to the line before.
  let skipsLineFeed = false
  for await (const chunk of chunks) {
    let text = decoder.decode(chunk, { stream: true })
    if (text === '') continue
    if (skipsLineFeed && text.startsWith('\n')) text = text.slice(1)
    skipsLineFeed = text.endsWith('\r')
    const lines = `${rest}${text}`.split(/\r\n|\n|\r/)
    rest = lines.pop() ?? ''
    yield* lines
  }
  rest += decoder.decode()
  if (rest !== '') yield rest
}

/** The same lines as the bytes that they are: a line feed ends one, and a carriage return before it belongs to it. */
export async function* inputByteLines(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let held: Buffer[] = []
  for await (const chunk of chunks) {
    let start = 0
    for (let end = chunk.indexOf(LINE_FEED); end !== -1; end = chunk.indexOf(LINE_FEED, start)) {
      yield withoutReturn(Buffer.concat([...held, chunk.subarray(start, end)]))
      held = []
      start = end + 1
    }
    // Whoever gives chunks may use their memory again.
    if (start < chunk.length) held.push(Buffer.from(chunk.subarray(start)))
  }
  if (held.length > 0) yield withoutReturn(Buffer.concat(held))
}

const LINE_FEED = 0x0a
const CARRIAGE_RETURN = 0x0d

function withoutReturn(line: Buffer): Buffer {
  return line.at(-1) === CARRIAGE_RETURN ? line.subarray(0, -1) : line
}
