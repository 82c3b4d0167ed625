export declare const given: {
  readonly bootstrap: string
  readonly topic: string
  readonly count: number
  readonly group: string
}
export declare class Reading {
  readonly done: Promise<void>
  took(messages: number, bytes: number): void
}
