/** Where a task starts, when that is not what is checked out. Where its commits come to is the same all the same. */
export type TaskBase =
  /** The branch as it is when the task is cloned. */
  | { readonly kind: 'branch'; readonly branch: string }
  /** A tag, a commit or another task's work, as it was when the task was accepted; `name` is what was asked for. */
  | { readonly kind: 'commit'; readonly name: string; readonly commit: string }

/** As a person asked for it. */
export const baseName = (base: TaskBase): string => (base.kind === 'branch' ? base.branch : base.name)
