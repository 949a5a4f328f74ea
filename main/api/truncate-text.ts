import type { ResultView } from '../core/task/view.ts'

/**
 * A client's model pays for every character, and Claude Code moves results over 25,000 tokens to a file. What is cut says so and
 * says where the rest is.
 */
export function cutText(text: string, limit: number, rest: string): string {
  if (text.length <= limit) return text
  // Not between the halves of a surrogate pair.
  const end = /[\uD800-\uDBFF]/.test(text.charAt(limit - 1)) ? limit - 1 : limit
  return `${text.slice(0, end)}… (${text.length - end} more characters: ${rest})`
}

const filesLimit = 200

/** The result with its long parts cut. `rest` says where the whole is. */
export function cutResult(result: ResultView, limit: number, rest: string): ResultView {
  const files = result.files_changed
  return {
    ...result,
    summary: cutText(result.summary, limit, rest),
    error: result.error === null ? null : cutText(result.error, limit, rest),
    files_changed:
      files.length <= filesLimit
        ? files
        : [...files.slice(0, filesLimit), `… (${files.length - filesLimit} more files: ${rest})`],
  }
}
