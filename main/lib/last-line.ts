/** The last line of what a program said: the others lead up to it. */
export const lastLine = (text: string): string => text.trim().split('\n').at(-1) ?? ''
