/**
 * The one way to let a promise run that nobody awaits: its failure goes to `onError` with the name of the work, which
 * logs and counts it. So no failure is lost, and none becomes an unhandled rejection.
 */
export function background(
  name: string,
  promise: Promise<unknown>,
  onError: (name: string, error: unknown) => void,
): void {
  promise.catch((error: unknown) => {
    onError(name, error)
  })
}
