/** Anyone who wants to know when a branch and its checkout are being moved: a process in the middle of it must not be ended. */
let listener: (isPublishing: boolean) => void = () => undefined

/** There is one listener in a process. */
export function onPublishing(listen: (isPublishing: boolean) => void): void {
  listener = listen
}

/** Says that what it does must come to its end, while it does it. */
export async function publishing<Result>(act: () => Promise<Result>): Promise<Result> {
  listener(true)
  try {
    return await act()
  } finally {
    listener(false)
  }
}
