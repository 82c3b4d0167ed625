/**
 * A record of a type, or in a version, that this code has no schema for: a newer Kafka wrote it. Whoever must
 * understand every record stops; whoever may skip some passes over it.
 */
export class UnknownRecordError extends Error {
  override readonly name = 'UnknownRecordError'
}
