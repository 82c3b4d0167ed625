/**
 * The program in one file, for a start in a third of the time: loading some 500 modules one by one is most of it. A
 * cache like Node's compile cache, made by bundle.ts from the very sources. Whoever starts the program asks here (or in
 * bin/gregor, which asks `find`) and runs the bundle, else the sources; the program itself knows nothing of it.
 *
 * Plain JavaScript for Node 20 and newer, as setup.mjs asks, too.
 */
// @ts-check

import fs from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)))
export const bundleDirectory = path.join(root, 'node_modules', '.cache', 'gregor')
/** Holds the bundle's path; written when the bundle was made or found to be up to date. */
export const currentFile = path.join(bundleDirectory, 'current')
const sourcesFile = 'sources.json'

/**
 * What a bundle was made from, below the root: path, bytes, time of the last change.
 * @typedef {readonly (readonly [path: string, byteCount: number, modifiedAtMs: number])[]} BundleSources
 */

/**
 * The file to run instead of the sources, where there is one and it is made from them as they are.
 * @returns {string | undefined}
 */
export function currentBundle() {
  const bundle = readIfThere(currentFile)?.trim()
  const sources = bundle === undefined ? undefined : readIfThere(sourcesOf(bundle))
  if (sources === undefined) return undefined
  // Written by bundle.ts, before the path in `current`.
  for (const [name, byteCount, modifiedAtMs] of /** @type {BundleSources} */ (JSON.parse(sources))) {
    const stat = fs.statSync(`${root}/${name}`, { throwIfNoEntry: false })
    if (stat?.size !== byteCount || stat.mtimeMs !== modifiedAtMs) return undefined
  }
  return bundle
}

/** Beside the bundle: what it was made from. @param {string} bundle */
export function sourcesOf(bundle) {
  return path.join(path.dirname(bundle), sourcesFile)
}

/** @param {string} file */
function readIfThere(file) {
  return fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : undefined
}
