/** A log that cannot do what was asked: it is closed, it has failed, or what was waited for was taken off it. */
export class StorageError extends Error {
  override readonly name = 'StorageError'
}
