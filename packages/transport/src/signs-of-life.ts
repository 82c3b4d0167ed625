/** What a peer did since it was last looked at. Pure. */

/** Something, nothing, or not even take its answers. */
export type Sign = 'alive' | 'silent' | 'stalled'

/** A peer that sends less than this between two looks has done nothing, unless it was a whole frame. */
const progressBytes = 4096

export class SignsOfLife {
  #receivedSinceLook = 0
  #hadFrameSinceLook = true
  #takenAtLook = 0
  #wasWaitingAtLook = false

  received(byteCount: number): void {
    this.#receivedSinceLook += byteCount
  }

  frame(): void {
    this.#hadFrameSinceLook = true
  }

  /**
   * @param answers - bytes that the system took so far, and that wait for it to take them.
   * @param waitsForUs - for an answer, or for us to read on.
   */
  look({ takenBytes, waitingBytes }: { takenBytes: number; waitingBytes: number }, waitsForUs: boolean): Sign {
    const tookSome = takenBytes > this.#takenAtLook
    const wasWaiting = this.#wasWaitingAtLook
    const sentSome = this.#hadFrameSinceLook || this.#receivedSinceLook >= progressBytes
    this.#takenAtLook = takenBytes
    this.#wasWaitingAtLook = waitingBytes > 0
    if (sentSome) this.#receivedSinceLook = 0
    this.#hadFrameSinceLook = false
    if (waitingBytes > 0) return tookSome || !wasWaiting ? 'alive' : 'stalled'
    return tookSome || sentSome || waitsForUs ? 'alive' : 'silent'
  }
}
