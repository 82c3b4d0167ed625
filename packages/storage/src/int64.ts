/**
 * Big-endian 64-bit integers as numbers, at a position of a Buffer: for files whose layout is fixed, where a reader
 * object per entry would cost more than the entry. Rounded beyond 2^53.
 */

const TWO_TO_32 = 0x1_0000_0000

export function readInt64(buffer: Buffer, position: number): number {
  return buffer.readInt32BE(position) * TWO_TO_32 + buffer.readUInt32BE(position + 4)
}

export function writeInt64(buffer: Buffer, value: number, position: number): void {
  const high = Math.floor(value / TWO_TO_32)
  buffer.writeInt32BE(high, position)
  buffer.writeUInt32BE(value - high * TWO_TO_32, position + 4)
}

/** The same over a `DataView`, which is several times faster where there are many. */
export function setInt64(view: DataView, position: number, value: number): void {
  const high = Math.floor(value / TWO_TO_32)
  view.setInt32(position, high)
  view.setUint32(position + 4, value - high * TWO_TO_32)
}
