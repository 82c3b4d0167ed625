/** What was typed is not a command. The message says what is allowed; the program ends with 1, as Kafka’s tools do. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}
