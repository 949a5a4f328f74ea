/** Each `%XX` as the character of that number: a byte a character. What is no such thing stays, and nothing is thrown. Pure. */
export const percentDecoded = (text: string): string =>
  text.replace(/%([0-9a-f]{2})/gi, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)))
