/** The part of Standard Schema (version 1, standardschema.dev) that is asked here: zod, valibot, arktype and others have it. */

export interface StandardSchema<Input = unknown, Output = Input> {
  readonly '~standard': {
    readonly version: 1
    readonly vendor: string
    readonly validate: (value: unknown) => Validation<Output> | Promise<Validation<Output>>
    /** Not there at run time. */
    readonly types?: { readonly input: Input; readonly output: Output } | undefined
  }
}

export type Validation<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly Issue[] }

interface Issue {
  readonly message: string
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined
}

/** `items.0.price: expected a number; name: expected text` */
export function issuesText(issues: readonly Issue[]): string {
  return issues.map(issueText).join('; ')
}

function issueText({ message, path = [] }: Issue): string {
  if (path.length === 0) return message
  const place = path.map((step) => String(typeof step === 'object' ? step.key : step)).join('.')
  return `${place}: ${message}`
}
