/** The world passed in. Each part has its interface in `environment` and its Node.js form in `node/`. */
export type * from './environment.ts'
export * from './errors.ts'
