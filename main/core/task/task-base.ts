/** Where a task starts, when that is not what is checked out. Where its commits come to is the same all the same. */
export type TaskBase =
  /** The branch as it is when the task is cloned. */
  | { readonly kind: 'branch'; readonly branch: string }
  /** A tag, a commit or another task's work, as it was when the task was accepted; `name` is what was asked for. */
  | { readonly kind: 'commit'; readonly name: string; readonly commit: string }

/** As a person asked for it. */
export const baseName = (base: TaskBase): string => (base.kind === 'branch' ? base.branch : base.name)

/** Where a task starts: what the tasks that it came after decided, else what was asked for; undefined for what is checked out. */
export const startOf = (task: {
  readonly base?: TaskBase
  readonly chosenBase: TaskBase | null
}): TaskBase | undefined => task.chosenBase ?? task.base
