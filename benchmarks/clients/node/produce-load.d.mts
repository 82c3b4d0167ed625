export declare const given: { readonly bootstrap: string; readonly topic: string; readonly messageBytes: number }
export declare function measureProducing(
  sendBunch: (values: readonly Buffer[]) => Promise<unknown>,
  flush?: () => Promise<void>,
): Promise<void>
