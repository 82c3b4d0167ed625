/** What `gregor doctor` finds: one sentence each, and what to do where something is wrong. */
import type { Program } from '../program.ts'

export interface Finding {
  readonly verdict: 'ok' | 'warning' | 'wrong'
  readonly message: string
  /** What to do; `undefined` where nothing is to be done. */
  readonly advice?: string
}

export function ok(message: string): Finding {
  return { verdict: 'ok', message }
}

export function warning(message: string, advice: string): Finding {
  return { verdict: 'warning', message, advice }
}

export function wrong(message: string, advice: string): Finding {
  return { verdict: 'wrong', message, advice }
}

const marks = { ok: ['ok     ', '32'], warning: ['warning', '33'], wrong: ['WRONG  ', '31'] } as const

/** Colours only on a terminal that wants them. */
export function findingLines({ verdict, message, advice }: Finding, { out, variable }: Program): readonly string[] {
  const [mark, colour] = marks[verdict]
  const hasColours = out.isTerminal && (variable('NO_COLOR') ?? '') === '' && variable('TERM') !== 'dumb'
  const shown = hasColours ? `\u001B[${colour}m${mark}\u001B[39m` : mark
  return [`${shown}  ${message}`, ...(advice === undefined ? [] : [`${' '.repeat(mark.length)}    → ${advice}`])]
}
