/**
 * The content of a file in memory: pages of 16 KiB that exist once something was written to them. A file that was
 * extended and never written (Kafka's indexes are made 10 MiB long) costs nothing, and growing copies nothing.
 */

const pageBytes = 16 * 1024

export class PagedBytes {
  #size = 0
  readonly #pages = new Map<number, Buffer>()

  get size(): number {
    return this.#size
  }

  write(bytes: Uint8Array, position: number): void {
    let done = 0
    while (done < bytes.length) {
      const at = position + done
      const inPage = at % pageBytes
      const part = bytes.subarray(done, done + pageBytes - inPage)
      this.#page((at - inPage) / pageBytes).set(part, inPage)
      done += part.length
    }
    if (bytes.length > 0) this.#size = Math.max(this.#size, position + bytes.length)
  }

  /** Fills `target` from `position`; returns how many bytes there were. */
  read(target: Uint8Array, position: number): number {
    const byteCount = Math.max(0, Math.min(target.length, this.#size - position))
    let done = 0
    while (done < byteCount) {
      const at = position + done
      const inPage = at % pageBytes
      const count = Math.min(byteCount - done, pageBytes - inPage)
      const page = this.#pages.get((at - inPage) / pageBytes)
      if (page === undefined) target.fill(0, done, done + count)
      else target.set(page.subarray(inPage, inPage + count), done)
      done += count
    }
    return byteCount
  }

  /** Cuts, or extends with zeros. */
  truncate(size: number): void {
    if (size < this.#size) {
      for (const index of this.#pages.keys()) if (index * pageBytes >= size) this.#pages.delete(index)
      // What was cut must not come back when the file grows again.
      this.#pages.get(Math.floor(size / pageBytes))?.fill(0, size % pageBytes)
    }
    this.#size = size
  }

  toBuffer(): Buffer {
    const content = Buffer.allocUnsafe(this.#size)
    this.read(content, 0)
    return content
  }

  copy(): PagedBytes {
    const copy = new PagedBytes()
    copy.#size = this.#size
    for (const [index, page] of this.#pages) copy.#pages.set(index, Buffer.from(page))
    return copy
  }

  #page(index: number): Buffer {
    let page = this.#pages.get(index)
    if (page === undefined) {
      page = Buffer.alloc(pageBytes)
      this.#pages.set(index, page)
    }
    return page
  }
}
