/**
 * The program in one file, for a start in a third of the time: loading some 500 modules one by one is most of it. A
 * cache like Node's compile cache, made by scripts/bundle.ts from these very sources; it counts only while none of them
 * has changed since. Without it, or with any doubt, the sources are run.
 */
import fs from 'node:fs'
import path from 'node:path'

export interface BundleManifest {
  /** The file to import, beside the manifest. */
  readonly entry: string
  /** What it was made from, below the root: path, bytes, time of the last change. */
  readonly sources: readonly (readonly [path: string, byteCount: number, modifiedAtMs: number])[]
}

const root = path.join(import.meta.dirname, '..', '..', '..')
export const bundleDirectory: string = path.join(root, 'node_modules', '.cache', 'gregor')
export const bundleManifestName = 'manifest.json'

/** The file to import instead of the sources, where there is one and it is made from them as they are. */
export function currentBundle(): string | undefined {
  const manifest = readManifest()
  if (manifest === undefined) return undefined
  for (const [name, byteCount, modifiedAtMs] of manifest.sources) {
    const stat = fs.statSync(path.join(root, name), { throwIfNoEntry: false })
    if (stat?.size !== byteCount || stat.mtimeMs !== modifiedAtMs) return undefined
  }
  return path.join(bundleDirectory, manifest.entry)
}

function readManifest(): BundleManifest | undefined {
  try {
    // Written by our own script, whole or not at all.
    return JSON.parse(fs.readFileSync(path.join(bundleDirectory, bundleManifestName), 'utf8')) as BundleManifest
  } catch {
    return undefined
  }
}
