const pattern = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/** Whether a text can be the id of a session of Claude's. A guest says it, and it names a file. Pure. */
export const isSession = (text: string): boolean => pattern.test(text)
