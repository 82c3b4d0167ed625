/**
 * XXH3, 64 bits, seed 0, as its specification gives it. Apache Kafka stores hashes of topics made with it (KIP-1101),
 * so another hash would make every group rebalance that changes hands between the two. Inputs here are short and
 * rare: it is written in `bigint`, to be read rather than to be fast.
 */

const mask = (1n << 64n) - 1n
const [prime32x1, prime32x2, prime32x3] = [0x9e3779b1n, 0x85ebca77n, 0xc2b2ae3dn]
const prime64x1 = 0x9e3779b185ebca87n
const prime64x2 = 0xc2b2ae3d27d4eb4fn
const prime64x3 = 0x165667b19e3779f9n
const prime64x4 = 0x85ebca77c2b2ae63n
const prime64x5 = 0x27d4eb2f165667c5n
const primeMix1 = 0x165667919e3779f9n
const primeMix2 = 0x9fb21c651e98df25n

const secret = Buffer.from(
  'b8fe6c3923a44bbe7c01812cf721ad1cded46de9839097db7240a4a4b7b3671fcb79e64eccc0e578825ad07dccff7221b8084674f743248e' +
    'e03590e6813a264c3c2852bb91c300cb88d0658b1b532ea371644897a20df94e3819ef46a9deacd8a8fa763fe39c343ff9dcbbc7c70b4f1d' +
    '8a51e04bcdb45931c89f7ec9d9787364eac5ac8334d3ebc3c581a0fffa1363eb170ddd51b7f0da49d316552629d4689e2b16be587d47a1fc' +
    '8ff8b8d17ad031ce45cb3a8f95160428afd7fbcabb4b407e',
  'hex',
)
const stripeBytes = 64
const accumulators = 8
const blockStripes = (secret.length - stripeBytes) / 8
const secretSizeMin = 136

/** Signed, as Java’s `long` holds it. */
export function xxHash3(bytes: Buffer): bigint {
  return BigInt.asIntN(64, unsignedHash(bytes))
}

function unsignedHash(bytes: Buffer): bigint {
  if (bytes.length <= 16) return hashOf16(bytes)
  if (bytes.length <= 128) return hashOf128(bytes)
  if (bytes.length <= 240) return hashOf240(bytes)
  return hashOfLong(bytes)
}

function hashOf16(bytes: Buffer): bigint {
  const { length } = bytes
  if (length > 8) {
    const low = u64(bytes, 0) ^ (u64(secret, 24) ^ u64(secret, 32))
    const high = u64(bytes, length - 8) ^ (u64(secret, 40) ^ u64(secret, 48))
    return avalanche((BigInt(length) + swapBytes(low) + high + foldProduct(low, high)) & mask)
  }
  if (length >= 4) {
    const value = BigInt(bytes.readUInt32LE(length - 4)) + (BigInt(bytes.readUInt32LE(0)) << 32n)
    return rrmxmx(value ^ u64(secret, 8) ^ u64(secret, 16), length)
  }
  if (length === 0) return avalanche64(u64(secret, 56) ^ u64(secret, 64))
  const at = (index: number) => bytes[index] ?? 0
  const combined = (at(0) << 16) | (at(length >> 1) << 24) | at(length - 1) | (length << 8)
  const flip = BigInt(secret.readUInt32LE(0) ^ secret.readUInt32LE(4))
  return avalanche64(BigInt(combined >>> 0) ^ BigInt.asUintN(32, flip))
}

function hashOf128(bytes: Buffer): bigint {
  const { length } = bytes
  let sum = BigInt(length) * prime64x1
  for (let pair = Math.floor((length - 1) / 32); pair >= 0; pair--) {
    sum += mix16(bytes, pair * 16, pair * 32) + mix16(bytes, length - (pair + 1) * 16, pair * 32 + 16)
  }
  return avalanche(sum & mask)
}

function hashOf240(bytes: Buffer): bigint {
  const { length } = bytes
  const rounds = Math.floor(length / 16)
  let sum = BigInt(length) * prime64x1
  for (let round = 0; round < 8; round++) sum += mix16(bytes, round * 16, round * 16)
  sum = avalanche(sum & mask)
  for (let round = 8; round < rounds; round++) sum += mix16(bytes, round * 16, (round - 8) * 16 + 3)
  return avalanche((sum + mix16(bytes, length - 16, secretSizeMin - 17)) & mask)
}

function hashOfLong(bytes: Buffer): bigint {
  const sums = [prime32x3, prime64x1, prime64x2, prime64x3, prime64x4, prime32x2, prime64x5, prime32x1]
  const stripes = Math.floor((bytes.length - 1) / stripeBytes)
  for (let stripe = 0; stripe < stripes; stripe++) {
    const inBlock = stripe % blockStripes
    accumulate(sums, bytes, stripe * stripeBytes, inBlock * 8)
    if (inBlock === blockStripes - 1) scramble(sums)
  }
  accumulate(sums, bytes, bytes.length - stripeBytes, secret.length - stripeBytes - 7)
  let result = BigInt(bytes.length) * prime64x1
  for (let pair = 0; pair < accumulators / 2; pair++) {
    const at = 11 + pair * 16
    result += foldProduct(sum(sums, 2 * pair) ^ u64(secret, at), sum(sums, 2 * pair + 1) ^ u64(secret, at + 8))
  }
  return avalanche(result & mask)
}

function accumulate(sums: bigint[], bytes: Buffer, from: number, secretFrom: number): void {
  for (let index = 0; index < accumulators; index++) {
    const value = u64(bytes, from + index * 8)
    const keyed = value ^ u64(secret, secretFrom + index * 8)
    sums[index ^ 1] = (sum(sums, index ^ 1) + value) & mask
    sums[index] = (sum(sums, index) + (keyed & 0xffffffffn) * (keyed >> 32n)) & mask
  }
}

function scramble(sums: bigint[]): void {
  for (let index = 0; index < accumulators; index++) {
    const value = sum(sums, index)
    const keyed = value ^ (value >> 47n) ^ u64(secret, secret.length - stripeBytes + index * 8)
    sums[index] = (keyed * prime32x1) & mask
  }
}

function sum(sums: readonly bigint[], index: number): bigint {
  return sums[index] ?? 0n
}

function mix16(bytes: Buffer, from: number, secretFrom: number): bigint {
  return foldProduct(u64(bytes, from) ^ u64(secret, secretFrom), u64(bytes, from + 8) ^ u64(secret, secretFrom + 8))
}

/** Both halves of the product, one on the other. */
function foldProduct(a: bigint, b: bigint): bigint {
  const product = a * b
  return (product & mask) ^ (product >> 64n)
}

function rrmxmx(value: bigint, length: number): bigint {
  let hash = value ^ rotate(value, 49n) ^ rotate(value, 24n)
  hash = (hash * primeMix2) & mask
  hash ^= (hash >> 35n) + BigInt(length)
  hash = (hash * primeMix2) & mask
  return hash ^ (hash >> 28n)
}

function avalanche(value: bigint): bigint {
  const hash = ((value ^ (value >> 37n)) * primeMix1) & mask
  return hash ^ (hash >> 32n)
}

function avalanche64(value: bigint): bigint {
  let hash = ((value ^ (value >> 33n)) * prime64x2) & mask
  hash = ((hash ^ (hash >> 29n)) * prime64x3) & mask
  return hash ^ (hash >> 32n)
}

function rotate(value: bigint, by: bigint): bigint {
  return ((value << by) | (value >> (64n - by))) & mask
}

function swapBytes(value: bigint): bigint {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64LE(value)
  return bytes.readBigUInt64BE(0)
}

function u64(bytes: Buffer, at: number): bigint {
  return bytes.readBigUInt64LE(at)
}
