/**
 * The world is passed in: only packages/platform/src/node reads a clock, sets a timer, draws a random number, or opens
 * a file or a socket; only so does one seed replay a cluster. Tests may use files and sockets, but no clock and no timer,
 * unless they are about the real thing.
 */

import { importsIn } from './floors.ts'
import { codeOnly, isTest, lineAt, type Problem, type Tree } from './source.ts'

const clockAndChance: readonly (readonly [RegExp, string])[] = [
  [/\bDate\.now\b/g, 'clock.wallMs()'],
  [/\bnew Date\(\s*\)/g, 'clock.wallMs()'],
  [/(?<![.\w])performance\b/g, 'clock.monotonicMs()'],
  [/\bprocess\.(hrtime|uptime)\b/g, 'clock.monotonicMs()'],
  [/(?<![.\w])set(Timeout|Interval|Immediate)\b/g, 'clock.schedule() or clock.afterTurn()'],
  [/\bMath\.random\b/g, 'random'],
]
const surroundings: readonly (readonly [RegExp, string])[] = [
  [/\bprocess\.env\b/g, 'what main passes in'],
  [/(?<![.\w])console\b/g, 'logger'],
  // The global one: not a method of that name, nor where one is declared.
  [/(?<![.\w#])(?<!^\s*(?:async )?)fetch\(/gm, 'network'],
]
const modules = /^(node:)?(fs|net|tls|dgram|dns|http|https|http2|timers|perf_hooks|child_process|cluster|os)(\/|$)/

/** Where the real world is at home: what adapts it, the programs at the top, and whoever tests those. */
const realWorld = /^packages\/(platform\/src\/node\/|cli\/src\/main\.ts$|(gregor|cli)\/src\/.*\.test\.ts$)/

export function worldProblems(tree: Tree): readonly Problem[] {
  return [...tree].flatMap(([path, text]) => {
    if (!/^packages\/[^/]+\/src\/.*\.ts$/.test(path) || realWorld.test(path)) return []
    const code = codeOnly(text)
    const banned = isTest(path) ? clockAndChance : [...clockAndChance, ...surroundings]
    const names = banned.flatMap(([pattern, instead]) =>
      [...code.matchAll(pattern)].map((match) => ({
        file: `${path}:${lineAt(code, match.index)}`,
        text: `${match[0]}: the world is passed in, take ${instead}`,
      })),
    )
    const imports = isTest(path) ? [] : importsIn(text).filter(({ specifier }) => modules.test(specifier))
    return [
      ...names,
      ...imports.map(({ specifier, line }) => ({
        file: `${path}:${line}`,
        text: `${specifier}: only packages/platform/src/node imports it`,
      })),
    ]
  })
}
