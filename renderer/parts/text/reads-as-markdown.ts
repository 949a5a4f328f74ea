/** What has none of these looks the same as plain text. */
const syntax = /[*_`#>[\]|~&<\\]|^[ \t]*(?:[-+]|\d+[.)])\s|:\/\/|www\.|\S@\S|\n[ \t]*[-=]/m

/** More quotes and lists in each other than a person writes on one line: a parser takes seconds for thousands of them. */
const nested = /^(?:[ \t]*(?:>|[*+-][ \t]|\d{1,9}[.)][ \t])){12}/m

/** No step is longer. A parser takes many seconds for what a whole result may hold. */
const longest = 10_000

/** More signs of emphasis, links and tables than a readable text of its length: a parser takes the square of their number. */
const signsRead = 1_500

/** Whether a text has Markdown, and no more of it than can be parsed at once, whatever an agent wrote. */
export function readsAsMarkdown(text: string): boolean {
  if (text.length > longest || !syntax.test(text) || nested.test(text)) return false
  return (text.match(/[*_~|[]/g)?.length ?? 0) <= signsRead
}
