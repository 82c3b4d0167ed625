/** Principals as tools take and show them: `User:ann`. */
import type { TokenPrincipal } from '@gregor/client'
import { ToolExit } from './tool-exit.ts'

/** @throws ToolExit */
export function principalOf(text: string): TokenPrincipal {
  const at = text.indexOf(':')
  if (at !== -1) return { type: text.slice(0, at), name: text.slice(at + 1) }
  throw new ToolExit(`expected a string in format principalType:principalName but got ${text}`)
}

export function principalText({ type, name }: TokenPrincipal): string {
  return `${type}:${name}`
}
