/** What this home signed of the commit that a task brought, checked as `verify` does. */
export type StatementSeen =
  /** None is written yet of this commit, which may be a later one of the task's, or it was made before there were any. */
  | { readonly kind: 'none' }
  /** `keyId`: SHA-256 of the public key, in hexadecimal digits. */
  | { readonly kind: 'good'; readonly commit: string; readonly keyId: string }
  /** Something else is in its place: not signed by this home's key, or of another task. */
  | { readonly kind: 'bad'; readonly commit: string }
