/** Markdown whose links lead somewhere, and files that name no machine: neither its folders nor its registry. */

import { posix } from 'node:path'

import type { Problem, Tree } from './source.ts'

/** Written so that they do not find themselves. */
const machinePaths = /(?<![\w./@:$}-])\/(work|root|home\/\w+|Users\/\w+)\/|\bshared\/(tools|reference|DESIGN)/
const registries = /--(extra-)?index-url|--find-links|<repositor(y|ies)>|^\s*registry\s*=/m

export function linkProblems(tree: Tree): readonly Problem[] {
  const folders = new Set([...tree.keys()].flatMap((path) => ancestors(path)))
  return [...tree].flatMap(([path, text]) => {
    if (!path.endsWith('.md')) return []
    const prose = text.replaceAll(/^```[^]*?^```/gm, (block) => block.replaceAll(/[^\n]/g, ' '))
    return [...prose.matchAll(/\]\(([^)\s]+)\)/g)].flatMap((match) => {
      const [target = ''] = (match[1] ?? '').split('#', 1)
      if (target === '' || /^[a-z]+:/.test(target)) return []
      const resolved = posix.join(posix.dirname(path), target).replace(/\/$/, '')
      return tree.has(resolved) || folders.has(resolved) ? [] : [{ file: path, text: `${target} is not there` }]
    })
  })
}

export function placeProblems(tree: Tree): readonly Problem[] {
  return [...tree].flatMap(([path, text]) => {
    if (path.startsWith('scripts/tidy/prose')) return []
    const place = machinePaths.exec(text)?.[0]
    const registry = registries.exec(text)?.[0]
    return [
      ...(place === undefined ? [] : [{ file: path, text: `${place} is a place of one machine` }]),
      ...(registry === undefined
        ? []
        : [{ file: path, text: `${registry.trim()}: registries are the installer's choice` }]),
    ]
  })
}

function ancestors(path: string): readonly string[] {
  const parts = path.split('/')
  return parts.slice(1).map((_, index) => parts.slice(0, index + 1).join('/'))
}
