/** Who is asking. How a principal travels between nodes is in the protocol package (DefaultPrincipalData). */

export interface Principal {
  /** `User`, unless somebody's own authentication says otherwise. */
  readonly type: string
  readonly name: string
  /** Whether a delegation token was shown; such a session cannot make further tokens (KIP-48). */
  readonly tokenAuthenticated: boolean
}

/** Everybody on a listener that asks nobody who they are. */
export const anonymous: Principal = { type: 'User', name: 'ANONYMOUS', tokenAuthenticated: false }

/** `User:alice`: as ACLs and `super.users` have it. */
export function textFromPrincipal({ type, name }: Pick<Principal, 'type' | 'name'>): string {
  return `${type}:${name}`
}

/** `undefined` for what is not `Type:name`; the name may hold colons. */
export function principalFromText(text: string): Principal | undefined {
  const colon = text.indexOf(':')
  if (colon <= 0 || colon === text.length - 1) return undefined
  return { type: text.slice(0, colon), name: text.slice(colon + 1), tokenAuthenticated: false }
}
