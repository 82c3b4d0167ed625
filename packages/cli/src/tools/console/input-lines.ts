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
