/** A text as Ruby writes it between double quotes, with nothing in it that Ruby would carry out. Pure. */
export function rubyText(text: string): string {
  if (/[^\x20-\x7e]/.test(text))
    throw new Error(`A Homebrew file holds plain ASCII, and this does not: ${JSON.stringify(text)}`)
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('#', '\\#')}"`
}
