const longest = 400

/** A guest's text within a sentence: no longer than a line or two, and no control characters, line breaks included. */
export const cut = (text: string, length = longest): string => {
  const plain = text.slice(0, length + 1).replace(/[\p{Cc}\u2028\u2029]+/gu, ' ')
  return text.length <= length ? plain : `${plain.slice(0, length).replace(/[\uD800-\uDBFF]$/, '')}…`
}
