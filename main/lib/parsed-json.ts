/** What the text is as JSON; undefined where it is none, which no schema takes. What the parser says is left out: it quotes the text. Pure. */
export function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined // The caller's schema refuses it.
  }
}
